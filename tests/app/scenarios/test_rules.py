"""Which scenario holds by itself."""

from hypothesis import given
from hypothesis import strategies as st

from app.recommend.profile import NO_PROFILE, Profile
from app.scenarios.rules import INTERACTIONS, SEGMENTS, Rule, chosen, ordered
from indexer.filters import EVERYTHING, Attribute, Exists, Filter, Not, Range, equals

VIP = equals(SEGMENTS, "vip")
GOLD = equals(Attribute("plan"), "gold")
OLD = Range(Attribute("age"), gte=60)


def best(listing: str = "for-you", profile: Profile = NO_PROFILE, **rules: Rule) -> str | None:
    return chosen(ordered(rules), listing=listing, profile=profile)


def test_a_rule_sees_segments_and_attributes() -> None:
    person = Profile({"plan": "gold", "age": 61, "tags": ["new", "vip"]}, ("champions", "vip"))

    assert best(profile=person, a=Rule(VIP)) == "a"
    assert best(profile=person, a=Rule(GOLD)) == "a"
    assert best(profile=person, a=Rule(OLD)) == "a"
    assert best(profile=person, a=Rule(equals(Attribute("tags"), "new"))) == "a"
    assert best(profile=person, a=Rule(equals(SEGMENTS, "lost"))) is None
    assert best(profile=person, a=Rule(equals(Attribute("vip"), value=True))) is None


def test_somebody_not_known_has_neither_segments_nor_attributes() -> None:
    assert best(a=Rule(VIP), b=Rule(GOLD)) is None
    assert best(a=Rule(Exists(SEGMENTS))) is None
    assert best(a=Rule(Not(Exists(SEGMENTS)))) == "a"
    assert best(a=Rule(EVERYTHING)) == "a"


def test_a_rule_sees_how_many_things_a_person_did() -> None:
    newcomers, heavy = Rule(Range(INTERACTIONS, lte=5)), Rule(Range(INTERACTIONS, gt=50))

    assert best(a=newcomers, b=heavy) == "a"
    assert best(profile=Profile(interactions=5), a=newcomers, b=heavy) == "a"
    assert best(profile=Profile(interactions=6), a=newcomers, b=heavy) is None
    assert best(profile=Profile(interactions=51), a=newcomers, b=heavy) == "b"


def test_a_rule_holds_for_its_lists_alone() -> None:
    rule = Rule(EVERYTHING, lists=frozenset({"search", "similar"}))

    assert best("search", a=rule) == "a"
    assert best("for-you", a=rule) is None


def test_the_largest_priority_is_chosen_and_of_equals_the_first_name() -> None:
    assert best(a=Rule(EVERYTHING), b=Rule(EVERYTHING, 2), c=Rule(EVERYTHING, 1)) == "b"
    assert best(b=Rule(EVERYTHING), a=Rule(EVERYTHING), c=Rule(EVERYTHING, -1)) == "a"
    assert best(a=Rule(EVERYTHING), b=Rule(VIP, 5)) == "a"


whens: st.SearchStrategy[Filter] = st.sampled_from([EVERYTHING, VIP, GOLD, OLD, Not(VIP)])
lists = st.none() | st.frozensets(st.sampled_from(["for-you", "search"]), min_size=1)
rules = st.dictionaries(
    st.text("abc", min_size=1, max_size=2),
    st.builds(Rule, whens, st.integers(-2, 2), lists),
    max_size=6,
)
profiles = st.builds(
    Profile,
    st.fixed_dictionaries({}, optional={"plan": st.just("gold"), "age": st.integers(58, 62)}),
    st.sampled_from([(), ("vip",), ("champions", "vip")]),
)


@given(rules, profiles, st.sampled_from(["for-you", "search", "similar"]))
def test_what_is_chosen_holds_and_nothing_that_holds_comes_before(
    rules: dict[str, Rule], profile: Profile, listing: str
) -> None:
    name = chosen(ordered(rules), listing=listing, profile=profile)

    holding = {
        each
        for each, rule in rules.items()
        if chosen([(each, rule)], listing=listing, profile=profile) == each
    }
    assert (name is None) is (not holding)
    if name is not None:
        assert name in holding
        rank = (-rules[name].priority, name)
        assert all(rank <= (-rules[each].priority, each) for each in holding)


@given(rules, profiles)
def test_the_order_of_rules_does_not_matter(rules: dict[str, Rule], profile: Profile) -> None:
    turned = dict(reversed(rules.items()))

    assert chosen(ordered(rules), listing="search", profile=profile) == chosen(
        ordered(turned), listing="search", profile=profile
    )
