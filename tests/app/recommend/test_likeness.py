import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.recommend.likeness import Likeness
from app.recommend.settings import PlacingSettings
from embedders.spaces import Array
from tests.app.recommend.world import LAYOUT, joined

WEIGHTS = {"text": 0.6, "image": 0.4}
SETTINGS = PlacingSettings(duplicate=0.95, duplicate_rest=0.5)
SPACES = [space.name for space in LAYOUT.spaces]

words = st.sampled_from([[1, 0, 0, 0], [1, 0.1, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
pictures = st.sampled_from([[1, 0, 0], [1, 0.1, 0], [0, 1, 0], [0, 0, 0]])
guesses = st.frozensets(st.sampled_from(SPACES))
candidates = st.lists(st.tuples(words, pictures, guesses), min_size=1, max_size=12)


def are_duplicates(one: Array, other: Array, spaces: list[str]) -> bool:
    """Say it of two joined vectors by the spaces in which both have content of their own."""
    places = [LAYOUT.slice(space) for space in spaces]
    alike = [float(one[place] @ other[place]) for place in places]
    return any(each >= SETTINGS.duplicate for each in alike) and all(
        each >= SETTINGS.duplicate_rest for each in alike
    )


@given(candidates, st.data())
def test_duplicates_are_those_with_one_same_content_and_no_other_very_different(
    drawn: list[tuple[list[float], list[float], frozenset[str]]], data: st.DataObject
) -> None:
    vectors = np.stack([joined(text, image) for text, image, _ in drawn])
    predicted = [guessed for _, _, guessed in drawn]
    order = np.array(data.draw(st.permutations(range(len(drawn)))), dtype=np.intp)
    likeness = Likeness(vectors, predicted, LAYOUT, WEIGHTS, SETTINGS, order)

    for row, at in enumerate(order):
        expected = []
        for other, there in enumerate(order):
            own = [
                space
                for space in SPACES
                if all(
                    space not in predicted[each] and vectors[each, LAYOUT.slice(space)].any()
                    for each in (at, there)
                )
            ]
            if other != row and are_duplicates(vectors[at], vectors[there], own):
                expected.append(other)
        assert likeness.duplicates(row) == expected
