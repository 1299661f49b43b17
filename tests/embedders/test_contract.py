"""What every embedder keeps, whatever it looks at."""

import numpy as np

from embedders.factory import EmbedderOptions, make
from embedders.items import Content
from embedders.spaces import Array, Embedder
from tests.embedders.drawings import drawn, encoded

CONTENTS = [
    Content("Red running shoes", "Light, for the road.", ("Sport", "Shoes"), encoded(drawn(1))),
    Content("Oak dining table", None, ("Home", "Tables"), encoded(drawn(2, (300, 200)), "JPEG")),
    Content("Blue mug", "Holds 300 ml. " * 40, (), encoded(drawn(3, (40, 90)))),
    Content("Silk scarf", "Hand-rolled hem", ("Clothes",), encoded(drawn(4), "WEBP")),
    Content("Garden hose", "20 m", (), encoded(drawn(5), "GIF")),
]
NOTHING = Content()
BROKEN = Content(picture=b"\x89PNG\r\n\x1a\n and then something else")

# Arithmetic in bfloat16 keeps two to three digits, and which rows share a batch decides its order.
RELATIVE = 0.02


def away(one: Array, other: Array) -> float:
    """The largest distance between rows, relative to their length."""
    lengths = np.linalg.norm(one, axis=1)
    return float((np.linalg.norm(one - other, axis=1) / lengths).max())


def test_a_batch_gives_one_row_a_content_in_float32(embedder: Embedder) -> None:
    contents = CONTENTS

    embedded = embedder.embed(contents)

    assert embedded.vectors.shape == (len(contents), embedder.space.dimensions)
    assert embedded.vectors.dtype == np.float32
    assert embedded.present.tolist() == [True] * len(contents)
    assert embedded.present.dtype == np.bool_
    assert np.isfinite(embedded.vectors).all()
    assert embedded.problems == {}


def test_an_empty_batch_gives_no_rows(embedder: Embedder) -> None:
    contents: list[Content] = []

    embedded = embedder.embed(contents)

    assert embedded.vectors.shape == (0, embedder.space.dimensions)
    assert embedded.vectors.dtype == np.float32
    assert embedded.present.shape == (0,)


def test_an_item_with_nothing_to_embed_is_absent_and_no_problem(embedder: Embedder) -> None:
    contents = [CONTENTS[0], NOTHING, Content("  \n", "\t", (" ",), b""), CONTENTS[1]]

    embedded = embedder.embed(contents)

    assert embedded.present.tolist() == [True, False, False, True]
    assert not embedded.vectors[1:3].any()
    assert embedded.problems == {}
    assert [embedder.source(content) is None for content in contents] == [False, True, True, False]


def test_different_items_have_different_vectors(embedder: Embedder) -> None:
    embedded = embedder.embed(CONTENTS)

    centred = embedded.vectors - embedded.vectors.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    alike = unit @ unit.T - 2 * np.eye(len(CONTENTS), dtype=np.float32)

    assert alike.max() < 0.9


def test_the_same_batch_has_the_same_vectors_again(embedder: Embedder) -> None:
    first = embedder.embed(CONTENTS)

    again = embedder.embed(CONTENTS)

    assert np.array_equal(first.vectors, again.vectors)


def test_an_item_has_the_same_vector_in_whatever_company(embedder: Embedder) -> None:
    together = embedder.embed(CONTENTS).vectors

    reversed_order = embedder.embed(CONTENTS[::-1]).vectors[::-1]
    alone = np.concatenate([embedder.embed([content]).vectors for content in CONTENTS])
    crowded = embedder.embed([NOTHING, *CONTENTS * 10, BROKEN]).vectors[1 : len(CONTENTS) + 1]

    assert away(together, reversed_order) < RELATIVE
    assert away(together, alone) < RELATIVE
    assert away(together, crowded) < RELATIVE


def test_a_broken_item_does_no_harm_to_the_others(embedder: Embedder) -> None:
    whole = embedder.embed([CONTENTS[0], NOTHING, CONTENTS[1]])

    embedded = embedder.embed([CONTENTS[0], BROKEN, CONTENTS[1]])

    assert embedded.present.tolist() == [True, False, True]
    assert not embedded.vectors[1].any()
    assert np.array_equal(embedded.vectors, whole.vectors)
    assert set(embedded.problems) == ({1} if embedder.reads_pictures else set())


def test_contents_with_equal_sources_have_equal_vectors(embedder: Embedder) -> None:
    first = Content("A lamp", "warm", ("Home", "Light"), CONTENTS[0].picture)
    same_words = Content(" A  lamp", "warm\n", ("Home ", "", "Light"), CONTENTS[0].picture)
    same_part = (
        Content("Other words", picture=first.picture)
        if embedder.reads_pictures
        else Content("A lamp", "warm", ("Home", "Light"), CONTENTS[1].picture)
    )

    embedded = embedder.embed([first, same_words, same_part])

    assert len({embedder.source(each) for each in (first, same_words, same_part)}) == 1
    assert away(embedded.vectors[[0, 0]], embedded.vectors[1:]) < RELATIVE


def test_another_source_is_another_item(embedder: Embedder) -> None:
    sources = [embedder.source(content) for content in CONTENTS]

    assert len(set(sources)) == len(CONTENTS)


def test_an_embedder_says_what_it_is(embedder: Embedder) -> None:
    assert embedder.space.name == ("image" if embedder.reads_pictures else "text")
    assert 0 < len(embedder.model) <= 255
    assert embedder.training in ("trained", "untrained", "hash")


def test_a_second_embedder_of_the_same_specification_gives_the_same_vectors() -> None:
    specifications = ["image:resnet18:untrained", "image:bundled", "hash:text:48", "hash:image:48"]
    pairs = [
        (make(each, EmbedderOptions()), make(each, EmbedderOptions())) for each in specifications
    ]

    for one, other in pairs:
        assert one.model == other.model
        assert away(one.embed(CONTENTS).vectors, other.embed(CONTENTS).vectors) < 1e-3
