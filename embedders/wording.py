"""An item's words as one text: what text embedders read, in an order they all share."""

from embedders.items import Content


def worded(content: Content) -> str:
    """Write an item's title, description and categories as one text.

    Each is a line of its own, in that order, so that a model that reads only the beginning reads
    the title first; categories are joined by commas, from general to special. Runs of white space
    become one space, empty parts are left out, and what UTF-8 cannot hold becomes a question mark.

    Returns:
        Perhaps the empty string.
    """
    parts = (
        _tidy(content.title or ""),
        _tidy(content.description or ""),
        ", ".join(filter(None, map(_tidy, content.categories))),
    )
    return "\n".join(filter(None, parts))


def _tidy(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
