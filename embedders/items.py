"""What an embedder may look at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of an item that can be embedded.

    Attributes:
        title: As the shop wrote it, or None.
        description: Plain text, or None.
        categories: Names from general to special, perhaps none.
        picture: The encoded file (JPEG, PNG, WebP, GIF), or None.
    """

    title: str | None = None
    description: str | None = None
    categories: tuple[str, ...] = ()
    picture: bytes | None = None
