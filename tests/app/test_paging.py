"""Tokens to go on with: read as they were written, refused when anything was changed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.paging import LIFETIME, MOST_SHOWN, Expired, Page, Pages, Unreadable

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PAGES = Pages(b"a secret of thirty-two bytes ...")

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
PLACES = st.builds(
    Page,
    as_of=TIMES,
    ended_at=TIMES,
    number=st.integers(1, 10_000),
    listing=st.sampled_from(["for-you", "similar"]),
    request=st.dictionaries(st.text(), JSON, max_size=4),
    shown=st.frozensets(st.integers(0, 2**62), max_size=50),
).filter(lambda page: page.ended_at >= page.as_of)


def place(**fields: object) -> Page:
    usual: dict[str, object] = {
        "as_of": NOON,
        "ended_at": NOON,
        "number": 1,
        "listing": "for-you",
        "request": {"user_id": "ana", "limit": 5},
        "shown": frozenset({5, 7, 1_000_000}),
    }
    return Page(**{**usual, **fields})  # type: ignore[arg-type] # as the fields are


@given(PLACES)
def test_a_token_is_read_as_it_was_written(page: Page) -> None:
    token = PAGES.token(page)

    assert PAGES.page(token, now=page.ended_at) == page


@given(st.data())
def test_a_token_with_any_character_changed_is_refused(data: st.DataObject) -> None:
    token = PAGES.token(place())
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda each: each != token[at]))

    with pytest.raises(Unreadable):
        PAGES.page(token[:at] + other + token[at + 1 :], now=NOON)


@given(st.data())
def test_a_token_cut_or_lengthened_is_refused(data: st.DataObject) -> None:
    token = PAGES.token(place())
    cut = token[: data.draw(st.integers(0, len(token) - 1))]
    more = token + data.draw(st.text("AQgw_-=", min_size=1))

    for changed in (cut, more):
        with pytest.raises(Unreadable):
            PAGES.page(changed, now=NOON)


@given(st.text() | st.text("ABCDabcd0123_-"))
def test_whatever_else_comes_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        PAGES.page(text, now=NOON)


def test_a_token_of_another_secret_is_refused() -> None:
    token = Pages(b"another secret of as many bytes.").token(place())

    with pytest.raises(Unreadable):
        PAGES.page(token, now=NOON)


def test_a_token_is_valid_for_half_an_hour_after_its_page() -> None:
    ended_at = NOON + timedelta(hours=2)
    token = PAGES.token(place(ended_at=ended_at))

    assert PAGES.page(token, now=ended_at + LIFETIME).as_of == NOON
    with pytest.raises(Expired, match="30 minutes, until 2026-05-04 14:30"):
        PAGES.page(token, now=ended_at + LIFETIME + timedelta(microseconds=1))


def test_a_replica_whose_clock_is_behind_takes_the_token_all_the_same() -> None:
    token = PAGES.token(place())

    assert PAGES.page(token, now=NOON - timedelta(seconds=5)) == place()


def test_the_deepest_page_of_a_large_catalogue_fits_into_a_url() -> None:
    spread = frozenset(range(0, 10_000_000, 10_007))
    deepest = place(shown=frozenset(sorted(spread)[:MOST_SHOWN]), number=50)

    assert len(PAGES.token(deepest)) < 4_000
