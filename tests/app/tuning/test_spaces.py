"""What can be tried by settings and by scenarios."""

from datetime import timedelta

import pytest

from app.options import Options
from app.ranking_options import RankingOptions
from app.settings import Settings, variable
from app.training import rules, teaching_settings
from app.training_options import TrainingOptions
from app.tuning.ranges import BY_KIND, LEFT_ALONE, SEARCHED, TRAINED, TRAINED_LEFT_ALONE
from app.tuning.spaces import ScenarioSpace, SettingsSpace
from app.tuning.traits import Traits

SHOP = Traits(("view", "purchase"), against=True, repeated=True)
RATINGS = Traits(("rating",), against=True, repeated=False)
SALES = Traits(("purchase",), against=False, repeated=False)
SPACES = ("image", "text")


def of(traits: Traits = SHOP, **said: str) -> SettingsSpace:
    environment = {variable(name): value for name, value in said.items()}
    return SettingsSpace.of(environment, SPACES, traits)


def now(space: SettingsSpace | ScenarioSpace, **other: float) -> dict[str, float]:
    """Give the values that hold now, but for some; points in names are written as two lines."""
    changed = {name.replace("__", "."): value for name, value in other.items()}
    return {**{each.name: each.default for each in space.dimensions}, **changed}


def test_every_option_of_ranking_is_looked_for_or_left_alone_for_a_reason() -> None:
    options = RankingOptions.model_fields.keys() - Options.model_fields.keys()

    named = [*SEARCHED, *BY_KIND, *LEFT_ALONE]
    assert len(named) == len(set(named))
    assert set(named) == options


def test_every_option_of_learning_is_looked_for_or_left_alone_for_a_reason() -> None:
    options = TrainingOptions.model_fields.keys() - RankingOptions.model_fields.keys()

    named = [*TRAINED, *TRAINED_LEFT_ALONE]
    assert len(named) == len(set(named))
    assert set(named) == options


def test_both_ends_of_every_way_to_learn_are_taken_and_reach_the_training() -> None:
    space = SettingsSpace.of_training({})

    assert space.changes(now(space)) == {}
    for each in space.dimensions:
        for end in {each.low, each.high} - {each.default}:
            changes = space.changes({**now(space), each.name: end})
            settings = Settings.from_environment(changes)
            assert teaching_settings(settings) != teaching_settings(Settings()) or (
                rules(settings) != rules(Settings())
            ), each.name


@pytest.mark.parametrize("traits", [SHOP, RATINGS, SALES])
def test_settings_take_both_ends_of_everything_that_is_looked_for(traits: Traits) -> None:
    space = of(traits)

    for each in space.dimensions:
        for end in (each.low, each.high):
            if end != each.default and each.name not in {"weight_text", "weight_image"}:
                changes = space.changes({**now(space), each.name: end})
                assert Settings.from_environment(changes), each.name


def test_what_makes_no_difference_for_a_log_is_not_looked_for() -> None:
    names = {
        name: {each.name for each in of(traits).dimensions}
        for name, traits in (("shop", SHOP), ("ratings", RATINGS), ("sales", SALES))
    }

    assert "neutral_rating" in names["ratings"] - names["shop"]
    assert "dislike_strength" in names["shop"] - names["sales"]
    assert "repeat_share" in names["shop"] - names["ratings"]
    # Of one kind alone, what it is worth beside others and beside its own age is no question.
    assert {"kind_weights.purchase", "half_lives.view", "half_lives.purchase"} <= names["shop"]
    assert "kind_weights.view" not in names["shop"]
    assert "interest_half_life" in names["sales"] - names["shop"]
    assert not any("." in name for name in names["sales"])


def test_what_holds_now_changes_nothing() -> None:
    space = of(weight_text="3", kind_weights="purchase=7.77", dislike_half="0.1")

    assert space.changes(now(space)) == {}
    assert all(each.low <= each.default <= each.high for each in space.dimensions)


def test_changes_are_variables_that_say_what_was_tried() -> None:
    space = of(half_lives="purchase=90d,like=10d", extra_kinds="wishlist=2")

    changes = space.changes(
        now(
            space,
            interests=7,
            weight_image=0.25,
            session_gap=7_200.0,
            kind_weights__purchase=8.0,
            half_lives__view=172_800.0,
        )
    )

    settings = Settings.from_environment({**space.environment, **changes})
    assert settings.interests == 7
    assert settings.weight_image == 0.25
    assert settings.session_gap == timedelta(hours=2)
    assert settings.kind_weights == {"purchase": 8.0}
    assert settings.half_lives == {
        "purchase": timedelta(days=90),
        "like": timedelta(days=10),
        "view": timedelta(days=2),
    }
    assert "KINDRED_EXTRA_KINDS" not in changes


def test_a_kind_that_was_configured_keeps_its_place() -> None:
    space = of(
        Traits(("view", "wishlist"), against=False, repeated=False),
        extra_kinds="wishlist=2,returned=-3",
    )

    changes = space.changes(now(space, extra_kinds__wishlist=6.0))

    settings = Settings.from_environment({**space.environment, **changes})
    assert settings.extra_kinds == {"wishlist": 6.0, "returned": -3.0}


def test_spaces_are_weighed_if_there_are_several_and_they_have_an_option() -> None:
    one = SettingsSpace.of({}, ("text",), SALES)
    three = SettingsSpace.of({}, ("smell", "image", "text"), SALES)

    weights = [each.name for each in three.dimensions if each.name.startswith("weight_")]
    assert weights == ["weight_image", "weight_text"]
    assert not any(each.name.startswith("weight_") for each in one.dimensions)
    assert three.usable(now(three))
    assert not three.usable(now(three, weight_image=0.0, weight_text=0.0))
    assert one.usable(now(one))


def test_values_that_settings_refuse_are_not_tried() -> None:
    # Behaviour may not have been learned, so words alone must be worth something.
    space = SettingsSpace.of({"KINDRED_IMAGE_MODEL": "none"}, ("behaviour", "text"), SALES)

    assert space.usable(now(space, weight_behaviour=1.0, weight_text=0.5))
    assert not space.usable(now(space, weight_behaviour=1.0, weight_text=0.0))


def test_a_scenario_says_all_weights_or_none() -> None:
    space = ScenarioSpace.of(Settings(), SPACES)

    nothing = space.changes(now(space))
    text = space.changes(now(space, weights__text=1.0, freshness__half_life=86_400.0))
    rest = space.changes(
        now(space, diversity=0.3, freshness__weight=0.1, freshness__half_life=604_800.0)
    )

    assert nothing == {}
    assert text == {"weights": {"image": 0.4, "text": 1.0}}
    assert rest == {"diversity": 0.3, "freshness": {"half_life": "7d", "weight": 0.1}}
    assert not space.usable(now(space, weights__text=0.0, weights__image=0.0))
