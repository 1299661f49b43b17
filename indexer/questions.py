"""What people ask with, words and pictures, made into raw vectors while they wait."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from embedders.items import Content
from embedders.spaces import Array
from embedders.wording import worded
from indexer.cache import LastUsed
from indexer.desk import Desk
from indexer.errors import ModelUnavailable
from indexer.generation import SpaceModel
from indexer.models import Models
from indexer.vectors import KeptVectors

WORDS = "text"
PICTURES = "image"
"""The spaces that words and pictures speak in."""

PATIENCE = timedelta(seconds=5)
"""Nobody looks at an empty page for longer; a model takes up to some ten seconds to load."""

CACHED = 10_000
"""Vectors of 1.5 to 2 kB: some 20 MB."""

KeptPicture = Callable[[str], bytes | None]
"""From a digest (SHA-256, hex) to the picture that is kept by it, or None."""


def no_pictures(digest: str) -> None:
    """Keep no pictures."""
    del digest


@dataclass(frozen=True, slots=True)
class Question:
    """Something to be looked at by one model.

    Attributes:
        space: The model.
        digest: SHA-256 (hex) of what it would look at; equal ones have equal vectors.
        content: What that is; None for a picture that is kept.
    """

    space: SpaceModel
    digest: str
    content: Content | None


CacheKey = tuple[str, str, str]
"""Space, model, digest."""


class Questions:
    """Embeds what people ask with; safe for many threads, and its calls block.

    The same words and pictures come again, so the last used vectors are held in memory. None are
    written to SQL, where nobody would ever delete them; a picture's vector is read from there if an
    item has that very picture.

    Args:
        models: As the worker of this process uses, too.
        kept: Vectors of items' contents.
        kept_picture: Finds pictures that are asked with by their digest.
        patience: Longest anyone waits for a model that loads or is busy.
        cached: Vectors held in memory.
    """

    def __init__(
        self,
        models: Models,
        kept: KeptVectors,
        *,
        kept_picture: KeptPicture = no_pictures,
        patience: timedelta = PATIENCE,
        cached: int = CACHED,
    ) -> None:
        self._models = models
        self._kept = kept
        self._kept_picture = kept_picture
        self._patience = patience
        self._cache = LastUsed[CacheKey, Array | None](cached)
        self._desks: dict[SpaceModel, Desk] = {}
        self._closed = False

    def raw(
        self,
        spaces: Sequence[SpaceModel],
        words: Sequence[str],
        pictures: Sequence[bytes | str],
    ) -> list[Mapping[str, Array]]:
        """Embed words and pictures, in this order, each in its own space alone.

        Args:
            spaces: Of a generation; no model is loaded that nothing is asked of.
            words: As people write them.
            pictures: Encoded files, or digests of kept pictures.

        Returns:
            For each, space to raw vector, shape (d_s,); empty where there is no such space or
            nothing can be made of it.

        Raises:
            ModelUnavailable: A model that is needed cannot be used now; the message says why.
            DatabaseUnavailable: SQL is down.
        """
        by_name = {each.space: each for each in spaces}
        asked = [_of_words(by_name.get(WORDS), each) for each in words]
        asked += [_of_picture(by_name.get(PICTURES), each) for each in pictures]
        vectors = self._vectors([each for each in asked if each is not None])
        return [
            {each.space.space: vector}
            if each is not None and (vector := vectors.get(_key(each))) is not None
            else {}
            for each in asked
        ]

    def close(self) -> None:
        """Take no more that must be embedded, and wait a while for what is in hand."""
        self._closed = True
        for desk in list(self._desks.values()):
            desk.close()

    def _vectors(self, questions: Sequence[Question]) -> dict[CacheKey, Array | None]:
        """Find or make vectors; a kept picture that is not there is left out."""
        wanted = {_key(each): each for each in questions}
        vectors = self._cache.find(wanted)
        for source in (self._of_items, self._embedded):
            missing: dict[SpaceModel, list[Question]] = {}
            for key, each in wanted.items():
                if key not in vectors:
                    missing.setdefault(each.space, []).append(each)
            found = source(missing)
            self._cache.hold(found)
            vectors |= found
        return vectors

    def _of_items(
        self, missing: Mapping[SpaceModel, Sequence[Question]]
    ) -> dict[CacheKey, Array | None]:
        """Look pictures up among the items' vectors, which is far cheaper than looking at them."""
        found: dict[CacheKey, Array | None] = {}
        for space, questions in missing.items():
            if space.space == PICTURES:
                digests = {each.digest for each in questions}
                held = self._kept.find(space.space, space.model, digests)
                found |= {_at(space, digest): vector for digest, vector in held.items()}
        return found

    def _embedded(
        self, missing: Mapping[SpaceModel, Sequence[Question]]
    ) -> dict[CacheKey, Array | None]:
        found: dict[CacheKey, Array | None] = {}
        deadline = time.monotonic() + self._patience.total_seconds()
        for space, questions in missing.items():
            contents = {
                each.digest: content
                for each in questions
                if (content := self._content(each)) is not None
            }
            if contents:
                made = self._desk(space).ask(contents, deadline=deadline)
                found |= {_at(space, digest): vector for digest, vector in made.items()}
        return found

    def _content(self, question: Question) -> Content | None:
        if question.content is not None:
            return question.content
        picture = self._kept_picture(question.digest)
        return None if picture is None else Content(picture=picture)

    def _desk(self, space: SpaceModel) -> Desk:
        if self._closed:
            raise ModelUnavailable(f"{space.specification} is asked no more: the service stops")
        # setdefault is atomic; a desk made for nothing has no thread yet.
        return self._desks.setdefault(space, Desk(self._models, space, self._patience))


def _of_words(space: SpaceModel | None, words: str) -> Question | None:
    content = Content(title=words)
    text = worded(content)
    if space is None or not text:
        return None
    return Question(space, hashlib.sha256(text.encode()).hexdigest(), content)


def _of_picture(space: SpaceModel | None, picture: bytes | str) -> Question | None:
    if space is None or not picture:
        return None
    if isinstance(picture, str):
        return Question(space, picture, None)
    return Question(space, hashlib.sha256(picture).hexdigest(), Content(picture=picture))


def _key(question: Question) -> CacheKey:
    return _at(question.space, question.digest)


def _at(space: SpaceModel, digest: str) -> CacheKey:
    return space.space, space.model, digest
