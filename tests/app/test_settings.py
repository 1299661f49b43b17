from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SettingsError
from app.settings import Settings, is_loopback
from app.settings_reference import reference
from app.values import described, duration

KEY = "shop:read+write:" + "ab" * 32
SECRET = "whsec_" + "QUJD" * 8


def problem_with(**environ: str) -> str:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment(environ)
    return str(raised.value)


def test_without_variables_everything_has_a_default() -> None:
    settings = Settings.from_environment({"PATH": "/bin", "KINDRED": "x"})

    assert settings.database_url == "sqlite:///data/kindred.db"
    assert settings.milvus_uri == "data/milvus.db"
    assert settings.uses_lite
    assert settings.embedder_specifications() == {
        "text": "text:all-MiniLM-L6-v2",
        "image": "image:resnet18:best",
    }


def test_variables_are_read_by_their_types() -> None:
    settings = Settings.from_environment(
        {
            "KINDRED_DATA_DIR": "/srv/elsewhere",
            "KINDRED_MILVUS_URI": "http://milvus:19530",
            "KINDRED_MILVUS_TIMEOUT": "250ms",
            "KINDRED_ALLOW_PRIVATE_ADDRESSES": "true",
            "KINDRED_EXTRA_KINDS": "wishlist=2.5, returned=-3",
            "KINDRED_EXCLUDED_KINDS": "purchase,returned",
            "KINDRED_API_KEYS": KEY,
            "KINDRED_DATABASE_URL": "postgres://kindred@host/kindred",
        }
    )

    assert settings.data_dir == Path("/srv/elsewhere")
    assert not settings.uses_lite
    assert settings.milvus_timeout == timedelta(milliseconds=250)
    assert settings.allow_private_addresses
    assert settings.extra_kinds == {"wishlist": 2.5, "returned": -3.0}
    assert "wishlist" in settings.kinds
    assert settings.excluded == {"purchase", "returned"}
    assert settings.api_keys[0].scopes == {"read", "write"}
    assert settings.database_url == "postgresql+psycopg://kindred@host/kindred"


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.from_environment({"KINDRED_PORT": " "}).port == 8000


def test_an_unknown_name_stops_the_start_with_the_nearest_known_one() -> None:
    assert problem_with(KINDRED_MILVUS_URL="x") == (
        "KINDRED_MILVUS_URL is not a setting; did you mean KINDRED_MILVUS_URI?"
    )
    assert "KINDRED_PORT" in problem_with(KINDRED_port="1")


def test_every_problem_is_told_at_once() -> None:
    told = problem_with(KINDRED_PORT="99999", KINDRED_WORKER_LEASE="soon", KINDRED_NONSENSE="1")

    assert [line.split()[0].rstrip(":") for line in told.splitlines()] == [
        "KINDRED_NONSENSE",
        "KINDRED_WORKER_LEASE",
        "KINDRED_PORT",
    ]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("KINDRED_TEXT_MODEL", "none", "at least one model"),
        ("KINDRED_WEIGHT_TEXT", "0", "no space in use"),
        ("KINDRED_MILVUS_URI", "milvus:19530", "ending in .db"),
        ("KINDRED_DATABASE_URL", "mysql://x", "sqlite:/// or postgresql://"),
        ("KINDRED_DATABASE_URL", "sqlite:///:memory:", "needs a file"),
        ("KINDRED_IMAGE_MODEL", "resnet19", "resnet18"),
        ("KINDRED_EXTRA_KINDS", "view=2", "built in"),
        ("KINDRED_EXTRA_KINDS", "wish", "name=weight"),
        ("KINDRED_EXTRA_KINDS", "wish=nan", "finite"),
        ("KINDRED_EXTRA_KINDS", "wish=1,wish=2", "two weights"),
        ("KINDRED_KIND_WEIGHTS", "rating=2", "known are view"),
        ("KINDRED_EXCLUDED_KINDS", "purchased", "known are view"),
        ("KINDRED_API_KEYS", "shop:read:abc", "64 lower-case hex"),
        ("KINDRED_API_KEYS", "shop:reed:" + "ab" * 32, "scopes are read"),
        ("KINDRED_API_KEYS", "my shop:read:" + "ab" * 32, "name:scopes:sha256"),
        ("KINDRED_API_KEYS", f"{KEY},{KEY}", "the same name"),
        ("KINDRED_WEBHOOK_SECRET", "whsec_QUJD", "24 to 64"),
        ("KINDRED_WEBHOOK_SECRET", "whsec_not base64", "not base64"),
        ("KINDRED_MILVUS_TIMEOUT", "1ms", "greater than or equal"),
        ("KINDRED_MILVUS_TIMEOUT", "soon", "not a duration"),
        ("KINDRED_MILVUS_TIMEOUT", "999999999999d", "longer than anything lasts"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_rule(
    name: str, value: str, told: str
) -> None:
    others = {"KINDRED_IMAGE_MODEL": "none"} if "TEXT" in name else {}

    message = problem_with(**{**others, name: value})

    assert name in message
    assert told in message


def test_refusals_do_not_repeat_what_may_be_secret() -> None:
    for name in ("KINDRED_WEBHOOK_SECRET", "KINDRED_API_KEYS", "KINDRED_DATABASE_URL"):
        assert "hunter2" not in problem_with(**{name: "mysql://root:hunter2@host"})


def test_secrets_are_not_in_the_representation() -> None:
    shown = repr(
        Settings.from_environment(
            {
                "KINDRED_WEBHOOK_SECRET": SECRET,
                "KINDRED_API_KEYS": KEY,
                "KINDRED_MILVUS_TOKEN": "root:hunter2",
                "KINDRED_DATABASE_URL": "postgresql://kindred:hunter2@host/kindred",
            }
        )
    )

    assert "hunter2" not in shown
    assert SECRET not in shown
    assert "ab" * 32 not in shown


def test_listening_to_others_needs_keys() -> None:
    assert "KINDRED_API_KEYS" in problem_with(KINDRED_HOST="0.0.0.0")
    assert Settings.from_environment({"KINDRED_HOST": "0.0.0.0", "KINDRED_API_KEYS": KEY})
    with pytest.raises(SettingsError, match="KINDRED_API_KEYS"):
        Settings.from_environment({}).with_address("192.0.2.1", None)


def test_another_address_leaves_the_rest_as_it_was() -> None:
    before = Settings.from_environment({"KINDRED_PORT": "1234", "KINDRED_WEBHOOK_SECRET": SECRET})

    after = before.with_address("::1", None)

    assert after.host == "::1"
    assert after.model_copy(update={"host": before.host}) == before


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("kindred.example", False),
    ],
)
def test_only_loopback_addresses_are_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_models_decide_which_spaces_there_are() -> None:
    settings = Settings(text_model="hash", image_model="none")

    assert settings.embedder_specifications() == {"text": "hash:text:64"}
    assert settings.space_weights() == {"text": 0.6, "behaviour": 2.0}


@pytest.mark.parametrize(
    ("weights", "expected"),
    [("best", "image:bundled"), ("/w.safetensors", "image:bundled:/w.safetensors")],
)
def test_the_bundled_network_brings_its_own_weights(weights: str, expected: str) -> None:
    settings = Settings(image_model="bundled", image_weights=weights)

    assert settings.embedder_specifications()["image"] == expected


def test_the_bundled_network_cannot_have_imagenets_weights() -> None:
    problem = problem_with(KINDRED_IMAGE_MODEL="bundled", KINDRED_IMAGE_WEIGHTS="imagenet")

    assert "KINDRED_IMAGE_WEIGHTS" in problem


def test_excluded_kinds_can_be_all_or_none() -> None:
    assert Settings(extra_kinds="wish=1").excluded >= {"view", "wish"}
    assert Settings(excluded_kinds="none").excluded == frozenset()


@given(st.timedeltas(timedelta(0), timedelta(days=3_650)))
def test_a_duration_reads_back_as_it_was_written(value: timedelta) -> None:
    whole = value - timedelta(microseconds=value.microseconds % 1000)

    assert duration(described(whole)) == whole


def test_the_reference_is_what_the_program_says() -> None:
    path = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"

    assert path.read_text() == reference(), (
        "run: python -m app.settings > docs/reference/settings.md"
    )


def test_the_reference_names_every_setting() -> None:
    text = reference()

    assert all(f"## KINDRED_{name.upper()}\n" in text for name in Settings.model_fields)


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        ("purchase,wishlist", "known are view"),
        ("any,any", "each once"),
        ("view,click,like,cart,purchase,rating,dwell,share,any", "1 to 8 kinds"),
    ],
)
def test_baskets_are_of_known_kinds_and_few(kinds: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        Settings.from_environment({"KINDRED_TOGETHER_KINDS": kinds})


def test_baskets_may_be_of_extra_kinds() -> None:
    given = {"KINDRED_TOGETHER_KINDS": "wishlist,any", "KINDRED_EXTRA_KINDS": "wishlist=2"}

    assert Settings.from_environment(given).together_kinds == ("wishlist", "any")
