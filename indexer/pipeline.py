"""From catalogue items to rows of the index: fetch pictures, embed what is new, join the blocks."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from embedders.items import Content
from embedders.spaces import Array
from indexer.catalogue import Catalogue
from indexer.errors import ModelUnavailable, PictureError, PictureUnavailable
from indexer.generation import SpaceModel
from indexer.images import PictureFetcher
from indexer.items import StoredItem
from indexer.models import Models
from indexer.vectors import KeptVectors, VectorRecord

ModelKey = tuple[str, str]
"""A space and the identity of a model in it."""


@dataclass(frozen=True, slots=True)
class EmbeddedItem:
    """What embedding made of one item.

    Attributes:
        vectors: (space, model) to raw vector, shape (d_s,); absent spaces are left out.
        problems: What was wrong for good, by space.
        retry: Why trying again may give a better result (a picture host that was down), or None.
    """

    vectors: Mapping[ModelKey, Array]
    problems: Mapping[str, str]
    retry: str | None


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture, or why there is none; `data` is None also when its vectors are kept already.

    A picture that some models have seen and that cannot be had for the others has both a digest,
    for the former, and a reason.
    """

    data: bytes | None = None
    digest: str | None = None
    problem: str | None = None
    retry: str | None = None


class Pipeline:
    """Makes vectors for items; identical content is embedded once per model, ever."""

    def __init__(
        self, catalogue: Catalogue, kept: KeptVectors, fetcher: PictureFetcher, models: Models
    ) -> None:
        self._catalogue = catalogue
        self._kept = kept
        self._fetcher = fetcher
        self._models = models

    def embed(
        self, items: Sequence[StoredItem], spaces: Collection[SpaceModel], *, now: datetime
    ) -> dict[int, EmbeddedItem]:
        """Embed items in every space given, keep the vectors, and record which item uses which.

        Args:
            items: Not deleted.
            spaces: Of one or more generations; equal (space, model) pairs are done once.
            now: Recorded as the time of embedding.

        Returns:
            Item key to what became of it.

        Raises:
            ModelUnavailable: A model cannot be loaded here; nothing was recorded.
        """
        wanted = {(each.space, each.model): each for each in spaces}
        readers = {pair for pair, each in wanted.items() if self._reads_pictures(each)}
        pictures = self._pictures(items, readers)
        fresh: dict[tuple[str, str, str], Array] = {}
        records: list[VectorRecord] = []
        found: dict[int, dict[ModelKey, Array]] = {item.key: {} for item in items}
        for pair, space in wanted.items():
            made = self._embed_space(items, space, pictures if pair in readers else {})
            fresh |= made.fresh
            records += made.records
            for key, vector in made.vectors.items():
                found[key][pair] = vector
        self._kept.keep(fresh, records, now=now)
        problems: dict[int, dict[str, str]] = {item.key: {} for item in items}
        for record in records:
            if record.problem is not None:
                problems[record.item_key][record.space] = record.problem
        return {
            key: EmbeddedItem(
                found[key], problems[key], pictures[key].retry if key in pictures else None
            )
            for key in found
        }

    def available(self, spaces: Collection[SpaceModel]) -> bool:
        """Say whether all these models can be had here, loading them if need be."""
        try:
            for space in spaces:
                self._models.embedder(space)
        except ModelUnavailable:
            return False
        return True

    def _reads_pictures(self, space: SpaceModel) -> bool:
        return self._models.embedder(space).reads_pictures

    def _pictures(self, items: Sequence[StoredItem], readers: set[ModelKey]) -> dict[int, _Picture]:
        """Fetch the pictures some model has not seen yet, and note their digests."""
        illustrated = [item for item in items if item.item.image_url is not None]
        if not readers or not illustrated:
            return {}
        digests = {item.image_digest for item in illustrated if item.image_digest is not None}
        held = [set(self._kept.find(space, model, digests)) for space, model in readers]
        known = set.intersection(*held) if digests else set()
        pictures = {
            item.key: _Picture(digest=item.image_digest)
            for item in illustrated
            if item.image_digest in known
        }
        missing = [item for item in illustrated if item.key not in pictures]
        answers = self._fetcher.fetch_many([item.item.image_url or "" for item in missing])
        for item, answer in zip(missing, answers, strict=True):
            pictures[item.key] = _fetched(answer, item.image_digest)
        self._catalogue.set_image_digests(
            {
                (item.key, item.revision): digest
                for item in missing
                if (digest := pictures[item.key].digest) is not None
            }
        )
        return pictures

    def _embed_space(
        self, items: Sequence[StoredItem], space: SpaceModel, pictures: Mapping[int, _Picture]
    ) -> "_SpaceResult":
        """Look up or embed every item in one space."""
        contents = {item.key: _content(item, pictures.get(item.key)) for item in items}
        digests = self._digests(space, contents, pictures)
        kept = self._kept.find(space.space, space.model, set(digests.values()))
        # One item stands for all of the same content.
        new = {
            digest: contents[key]
            for key, digest in digests.items()
            if digest not in kept and not _only_known(digest, pictures.get(key))
        }
        made, broken = self._embed_new(space, new)
        kept |= made
        records = [
            VectorRecord(
                item_key=item.key,
                space=space.space,
                model=space.model,
                revision=item.revision,
                digest=held if (held := digests.get(item.key)) in kept else None,
                problem=broken.get(held or "")
                or _trouble(pictures.get(item.key), held if held in kept else None),
            )
            for item in items
        ]
        vectors = {key: kept[digest] for key, digest in digests.items() if digest in kept}
        fresh = {(space.space, space.model, digest): vector for digest, vector in made.items()}
        return _SpaceResult(fresh, records, vectors)

    def _embed_new(
        self, space: SpaceModel, new: Mapping[str, Content]
    ) -> tuple[dict[str, Array], dict[str, str]]:
        """Embed contents by digest; return vectors, and what was wrong with the others."""
        if not new:
            return {}, {}
        embedded = self._models.embed(space, list(new.values()))
        digests = list(new)
        broken = {digests[row]: problem for row, problem in embedded.problems.items()}
        made = {
            digest: embedded.vectors[row]
            for row, digest in enumerate(digests)
            if embedded.present[row]
        }
        return made, broken

    def _digests(
        self,
        space: SpaceModel,
        contents: Mapping[int, Content],
        pictures: Mapping[int, _Picture],
    ) -> dict[int, str]:
        """Hash what the model would look at, by item; a picture not at hand keeps its hash."""
        embedder = self._models.embedder(space)
        digests = {key: each.digest for key, each in pictures.items() if each.digest is not None}
        for key, content in contents.items():
            source = embedder.source(content)
            if source is not None:
                digests[key] = hashlib.sha256(source).hexdigest()
        return digests


@dataclass(frozen=True, slots=True)
class _SpaceResult:
    fresh: Mapping[tuple[str, str, str], Array]
    records: Sequence[VectorRecord]
    vectors: Mapping[int, Array]


def _fetched(answer: bytes | PictureError, known: str | None) -> _Picture:
    """Tell a picture from a refusal for good and from one worth another try.

    Args:
        answer: What the fetcher gave.
        known: Digest of the picture as it was fetched before, if it was.
    """
    if isinstance(answer, bytes):
        return _Picture(data=answer, digest=hashlib.sha256(answer).hexdigest())
    if isinstance(answer, PictureUnavailable):
        return _Picture(digest=known, retry=str(answer))
    return _Picture(digest=known, problem=str(answer))


def _only_known(digest: str, picture: _Picture | None) -> bool:
    """Whether a digest is all there is of a picture, so that there is nothing to embed."""
    return picture is not None and picture.data is None and picture.digest == digest


def _trouble(picture: _Picture | None, used: str | None) -> str | None:
    """Say what was wrong with a picture, unless its kept vector (by its digest) is used."""
    if picture is None or (used is not None and used == picture.digest):
        return None
    return picture.problem or picture.retry


def _content(item: StoredItem, picture: _Picture | None) -> Content:
    shown = item.item
    return Content(
        title=shown.title,
        description=shown.description,
        categories=shown.categories,
        picture=picture.data if picture is not None else None,
    )
