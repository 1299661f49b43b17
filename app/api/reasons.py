"""Reasons and moves as JSON. What does not apply is left unset."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from app.recommend.answers import Evidence, Move, MoveReason, Reason, ReasonKind


class EvidenceOut(BaseModel):
    """What the person did with the past item."""

    kinds: list[str] = Field(description="What they did, sorted.")
    latest: datetime = Field(description="When they last did.")
    weight: float = Field(description="What all of it says, age counted; below 0 speaks against.")

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """Write evidence."""
        return cls(kinds=list(evidence.kinds), latest=evidence.latest, weight=evidence.weight)


class ReasonOut(BaseModel):
    """One part of a score."""

    kind: ReasonKind = Field(
        description="What the part comes from; `others`: the sum of many small parts, the last of "
        "the list."
    )
    name: str = Field(
        description="The past item's id (for similar items, the item asked about), the words, the "
        "boost's label, or the kind again."
    )
    item_id: str | None = Field(None, description="For kind `item`, its id.")
    title: str | None = Field(None, description="Of that item, if it has one.")
    space: str | None = Field(
        None,
        description="In which space the two are alike, or `behaviour`: what people did after the "
        "past item; not for boost, freshness and others.",
    )
    amount: float = Field(description="Its part of the score; the parts sum to the score.")
    predicted: bool | None = Field(
        None,
        description="Whether the item lacks this space's part (for `behaviour`: too few have "
        "touched it to learn it), and it was predicted.",
    )
    evidence: EvidenceOut | None = Field(
        None, description="What the person did with that item, where they did something."
    )
    count: int | None = Field(None, description="For kind `others`, how many parts it sums.")

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """Write a reason."""
        written = cls(kind=reason.kind, name=reason.name, amount=reason.amount)
        if reason.kind == "item":
            written.item_id = reason.name
        if reason.title is not None:
            written.title = reason.title
        if reason.space is not None:
            written.space = reason.space
            written.predicted = reason.predicted
        if reason.evidence is not None:
            written.evidence = EvidenceOut.of(reason.evidence)
        if reason.kind == "others":
            written.count = reason.count
        return written


class MoveOut(BaseModel):
    """Why a place is not the one the score would give."""

    why: MoveReason = Field(
        description="What moved it, or moved others past it: being unlike what is before, each "
        "interest's share of places, a pin, or exploration."
    )
    places: int = Field(description="By how many; above 0 towards the front.")

    @classmethod
    def of(cls, move: Move) -> Self:
        """Write a move."""
        return cls(why=move.why, places=move.places)
