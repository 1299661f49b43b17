"""The seams through which ranking reaches history, counts and the index."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.recommend.profile import NO_PROFILE, Profile
from embedders.behaviour import BehaviourModel
from embedders.layout import Layout
from embedders.spaces import Array
from indexer.catalogue import Candidate
from indexer.filters import Filter
from indexer.store import Hit


@dataclass(frozen=True, slots=True)
class PastInteraction:
    """Something a person did with an item that exists.

    Attributes:
        item_key, item_id: The item.
        indexed_revision: What the live generation holds of it, or None.
        kind: e.g. "view", "purchase", or a configured name.
        value: A rating, seconds of dwelling, a quantity; or None.
        happened_at: When.
        title: Of the item, or None.
        categories: Of the item, from general to special.
    """

    item_key: int
    item_id: str
    indexed_revision: int | None
    kind: str
    value: float | None
    happened_at: datetime
    title: str | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """The newest part of what a person did, and what they said of themselves.

    Attributes:
        interactions: Those with items that exist, newest first.
        complete: Whether nothing older was left unread.
        profile: What is kept besides.
        opted_out: Whether they are not to be known, so that nothing is.
    """

    interactions: tuple[PastInteraction, ...]
    complete: bool
    profile: Profile = NO_PROFILE
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """An item with its decayed count, for people the vectors know nothing of.

    Attributes:
        candidate: The item.
        count: Decayed; of what is trending, steadied by what is usual for the item.
        risen: Whether more is counted than is usual; otherwise it stands where it usually does.
    """

    candidate: Candidate
    count: float
    risen: bool = True


@dataclass(frozen=True, slots=True)
class Companion:
    """An item that goes with another more often than chance would have it.

    Attributes:
        item_key: Which.
        people: Different people who had both at once.
        baskets: How often both were in one basket.
        lift: Times as often as by chance, above 1.
        llr: How surprising that is (Dunning's log-likelihood ratio).
    """

    item_key: int
    people: int
    baskets: int
    lift: float
    llr: float


@dataclass(frozen=True, slots=True)
class Companions:
    """What goes with an item.

    Attributes:
        counted: Whether baskets of the kind asked for were counted yet.
        items: Best first.
    """

    counted: bool
    items: tuple[Companion, ...] = ()


class Blocks(Protocol):
    """Joined vectors of items in one generation."""

    @property
    def vectors(self) -> Mapping[int, Array]:
        """Item key to shape (d,), float32; items without any vector are left out."""
        ...

    @property
    def predicted(self) -> Mapping[int, frozenset[str]]:
        """Item key to the names of spaces whose block was predicted (candidates only)."""
        ...


class History(Protocol):
    """What people did."""

    def recent(self, user_id: str, *, limit: int, as_of: datetime | None = None) -> Past:
        """Read a person's newest `limit` interactions, and their profile, in one bounded read.

        With `as_of`, only interactions that had arrived by then.
        """
        ...

    def touched(self, user_id: str, item_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Tell in what ways a person ever touched these items, in one indexed read.

        Returns:
            item_id to kinds, for the items touched at all.
        """
        ...


class Counts(Protocol):
    """What is popular."""

    def top(
        self, horizon: str, *, limit: int, category: str | None, now: datetime
    ) -> Sequence[Counted]:
        """Read the items with the largest decayed counts.

        Of months ("popular"), steadied by years; or of days ("trending"), steadied by these.
        """
        ...

    def of(self, item_ids: Collection[str], horizon: str, *, now: datetime) -> Mapping[str, float]:
        """Read the decayed counts of these items, in one indexed read; 0 is left out."""
        ...


class Pairings(Protocol):
    """What goes together."""

    def of(self, item_key: int, kind: str, *, limit: int) -> Companions:
        """Read what goes with an item in baskets of a kind, in one indexed read."""
        ...


class NoPairings:
    """Where nothing is counted."""

    def of(self, item_key: int, kind: str, *, limit: int) -> Companions:
        """Say that nothing was counted."""
        del item_key, kind, limit
        return Companions(counted=False)


class Catalog(Protocol):
    """What is known of items."""

    def candidates(self, keys: Collection[int]) -> Mapping[int, Candidate]:
        """Read what ranking checks, in one indexed read."""
        ...

    def newest(
        self, *, limit: int, category: str | None = None, before: datetime | None = None
    ) -> Sequence[Candidate]:
        """Read available items, newest first."""
        ...

    def keys_of(self, item_ids: Collection[str]) -> Mapping[str, int]:
        """Look up keys by id."""
        ...


class Snapshot(Protocol):
    """One live generation, the same for the whole of one request."""

    @property
    def generation_id(self) -> int:
        """Which one."""
        ...

    @property
    def layout(self) -> Layout:
        """Its spaces."""
        ...

    @property
    def behaviour(self) -> BehaviourModel | None:
        """How what a person did is summed up in the space of behaviour; None without that space."""
        ...

    def search(
        self, queries: Array, *, limit: int, where: Filter, exclude: Collection[int]
    ) -> list[list[Hit]]:
        """Search it (`VectorStore.search`); raises StoreUnavailable."""
        ...

    def evidence(self, revisions: Mapping[int, int]) -> Blocks:
        """Joined vectors as evidence, by item key and its indexed revision; never a stale one."""
        ...

    def candidates(self, revisions: Mapping[int, int]) -> Blocks:
        """Joined vectors as candidates, by item key and its indexed revision; never a stale one."""
        ...

    def asked(self, words: Sequence[str] = (), pictures: Sequence[bytes | str] = ()) -> list[Array]:
        """Joined vectors of words and pictures, in this order, each in its own space alone.

        Args:
            words: As people write them.
            pictures: Encoded files, or digests (SHA-256, hex) of pictures kept with a seed.

        Returns:
            Shape (d,) each; zeros where the generation lacks the space, or nothing can be made of
            it (no such kept picture, blank words).

        Raises:
            ModelUnavailable: The space's model cannot be used in this process now.
        """
        ...


class Index(Protocol):
    """The index behind the generations."""

    def snapshot(self) -> Snapshot:
        """The live generation; raises StoreUnavailable while there is none or it still loads."""
        ...
