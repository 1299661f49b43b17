from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.people.changes import (
    MAX_CHOICES,
    MAX_FORGOTTEN,
    MAX_SEEDS,
    forgetting,
    united,
    with_choice,
    with_seed,
    without_seed,
)
from app.recommend.profile import NO_PROFILE, Choice, Profile, Seed

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

MOMENTS = st.integers(0, 10**6).map(lambda seconds: NOON + timedelta(seconds=seconds))
SEEDS = st.builds(
    lambda label, given_at: Seed("", label, 5.0, given_at, words=label),
    st.text(max_size=20),
    MOMENTS,
)
CHOICES = st.builds(
    Choice, st.sampled_from(["a", "b", "session", "seed:given"]), st.floats(0, 10), MOMENTS
)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    profile = Profile(
        attributes=draw(st.dictionaries(st.sampled_from("abc"), st.integers(0, 9))),
        forgotten=draw(st.dictionaries(st.sampled_from("abcd"), MOMENTS)),
    )
    for seed in draw(st.lists(SEEDS, max_size=MAX_SEEDS)):
        profile = with_seed(profile, seed)
    for choice in draw(st.lists(CHOICES, max_size=6)):
        profile = with_choice(profile, choice)
    return profile


def seed(label: str, at: datetime = NOON) -> Seed:
    return Seed("", label, 5.0, at, words=label)


def test_a_seed_is_named_after_its_label() -> None:
    profile = NO_PROFILE
    for label in ("Blue, hand-made CUPS!", "blue hand made cups", "☃", "Tëa & Café"):
        profile = with_seed(profile, seed(label))

    assert [each.name for each in profile.seeds] == [
        "seed:blue-hand-made-cups",
        "seed:blue-hand-made-cups-2",
        "seed:given",
        "seed:tëa-café",
    ]


@given(st.lists(SEEDS, max_size=30))
def test_seeds_have_names_of_their_own_and_the_last_given_stay(seeds: list[Seed]) -> None:
    profile = NO_PROFILE
    for each in seeds:
        profile = with_seed(profile, each)

    assert [each.label for each in profile.seeds] == [each.label for each in seeds][-MAX_SEEDS:]
    assert len({each.name for each in profile.seeds}) == len(profile.seeds)


def test_what_was_chosen_about_a_seed_goes_with_it() -> None:
    profile = with_seed(NO_PROFILE, seed("cups"))
    profile = with_choice(profile, Choice("seed:cups", 0.0, NOON))

    removed = without_seed(profile, "seed:cups")
    crowded_out = profile
    for number in range(MAX_SEEDS):
        crowded_out = with_seed(crowded_out, seed(f"another {number}"))

    assert removed == NO_PROFILE
    assert crowded_out.choices == ()


def test_a_choice_replaces_those_about_the_same_interest() -> None:
    profile = with_choice(NO_PROFILE, Choice("mug-1", 0.0, NOON))
    profile = with_choice(profile, Choice("lamp-1", 2.0, NOON))

    changed = with_choice(profile, Choice("mug-2", 3.0, NOON), instead=["mug-1", "mug-3"])

    assert [(each.anchor, each.factor) for each in changed.choices] == [
        ("lamp-1", 2.0),
        ("mug-2", 3.0),
    ]


def test_the_newest_choices_and_the_last_forgotten_items_are_kept() -> None:
    profile = NO_PROFILE
    for number in range(MAX_CHOICES + 5):
        profile = with_choice(profile, Choice(f"item-{number}", 1.0, NOON))
    for number in range(3):
        moment = NOON + timedelta(minutes=number)
        items = [f"{number}-{each}" for each in range(MAX_FORGOTTEN // 2)]
        profile = forgetting(profile, dict.fromkeys(items, moment))

    assert profile.choices[0].anchor == "item-5"
    assert len(profile.forgotten) == MAX_FORGOTTEN
    assert {each.partition("-")[0] for each in profile.forgotten} == {"1", "2"}


def test_forgetting_drops_what_was_chosen_of_the_items() -> None:
    profile = with_choice(NO_PROFILE, Choice("mug-1", 2.0, NOON))
    profile = with_choice(profile, Choice("session", 2.0, NOON))
    profile = with_choice(profile, Choice("lamp-1", 2.0, NOON))

    after = forgetting(profile, {"mug-1": NOON, "mug-2": NOON}, anchors=["session"])

    assert [each.anchor for each in after.choices] == ["lamp-1"]
    assert after.forgotten == {"mug-1": NOON, "mug-2": NOON}


@given(profiles(), profiles())
def test_uniting_keeps_everything_of_both_within_bounds(mine: Profile, others: Profile) -> None:
    both = united(mine, others)

    kept = sorted((*mine.seeds, *others.seeds), key=lambda each: each.given_at)[-MAX_SEEDS:]
    assert [each.words for each in both.seeds] == [each.words for each in kept]
    assert len({each.name for each in both.seeds}) == len(both.seeds)
    assert both.attributes == {**others.attributes, **mine.attributes}
    assert set(both.forgotten) == {*mine.forgotten, *others.forgotten}
    for item_id, moment in both.forgotten.items():
        times = [each.forgotten.get(item_id, NOON) for each in (mine, others)]
        assert moment == max(times)


@given(profiles(), profiles())
def test_of_two_choices_about_one_thing_the_newer_holds(mine: Profile, others: Profile) -> None:
    both = united(mine, others)

    held = {each.anchor: each for each in both.choices}
    assert len(held) == len(both.choices)
    for anchor in ("a", "b", "session"):
        given_choices = [
            each for one in (mine, others) for each in one.choices if each.anchor == anchor
        ]
        newest = max((each.chosen_at for each in given_choices), default=None)
        assert (held[anchor].chosen_at if anchor in held else None) == newest


@given(profiles())
def test_uniting_with_nobody_changes_nothing_but_the_order_of_choices(mine: Profile) -> None:
    both = united(mine, NO_PROFILE)

    assert set(both.choices) == set(mine.choices)
    ordered = tuple(sorted(mine.seeds, key=lambda each: each.given_at))
    assert replace(both, choices=()) == replace(mine, choices=(), seeds=ordered)


def test_a_seed_whose_name_is_taken_keeps_its_choice_under_another() -> None:
    mine = with_seed(NO_PROFILE, seed("cups"))
    others = with_seed(NO_PROFILE, seed("cups", NOON + timedelta(minutes=1)))
    others = with_choice(others, Choice("seed:cups", 0.0, NOON))

    both = united(mine, others)

    assert [each.name for each in both.seeds] == ["seed:cups", "seed:cups-2"]
    assert both.choices == (Choice("seed:cups-2", 0.0, NOON),)
