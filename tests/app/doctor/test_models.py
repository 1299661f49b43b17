from datetime import timedelta
from pathlib import Path

from app.doctor.findings import within
from app.doctor.models import Models
from app.settings import Settings

LIMIT = timedelta(minutes=2)


def models(**given: str) -> Models:
    environ = {f"KINDRED_{name.upper()}": value for name, value in given.items()}
    return Models(Settings.from_environment(environ))


def test_a_hash_is_no_model_and_says_so() -> None:
    looked = models(text_model="hash", image_model="none")

    found = looked.look("text")

    assert looked.spaces == ("text",)
    assert found.verdict == "warn"
    assert "KINDRED_TEXT_MODEL" in str(found.advice)
    assert list(looked.identities) == ["hash:text:64"]


def test_a_real_model_is_named_with_the_beginning_of_its_checksum() -> None:
    found = models().look("text")

    assert found.verdict == "ok"
    assert "all-MiniLM-L6-v2@53aa51172d14" in found.seen


def test_untrained_weights_are_said_loudly() -> None:
    found = models(image_weights="untrained").look("image")

    assert found.verdict == "warn"
    assert "UNTRAINED" in found.seen
    assert "--space image" in str(found.advice)


def test_weights_that_are_not_there_fail_with_what_to_set(tmp_path: Path) -> None:
    looked = models(image_weights=str(tmp_path / "none.safetensors"))

    found = within(LIMIT, "image model", lambda: looked.look("image"))

    assert found.verdict == "fail"
    assert "none.safetensors" in found.seen
    assert "KINDRED_IMAGE_WEIGHTS" in found.seen


def test_weights_that_are_no_weights_fail(tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"not weights at all")
    looked = models(image_weights=str(broken))

    found = within(LIMIT, "image model", lambda: looked.look("image"))

    assert found.verdict == "fail"
    assert "broken.safetensors" in found.seen
