"""The kinds of values a filter tells apart, and which of them each field has."""

Typed = tuple[str, str | int | float | bool]
"""A scalar and its kind ("s" text, "n" number, "b" truth value): equal when `In` says so."""

KINDS = {
    "item_id": ("s", "is a text"),
    "categories": ("s", "holds texts"),
    "price": ("n", "is a number"),
    "available": ("b", "is true or false"),
    "created_at": ("", "is a time, compared by a range"),
}
"""The kinds that a field may be asked to equal, and those in words."""

ATTRIBUTE_KINDS = ("snb", "holds texts, numbers, true or false")
"""The same of any free attribute."""


def typed(value: object) -> Typed | None:
    """Say what a value is to a filter; None for what cannot be filtered on."""
    match value:
        case bool():
            return ("b", value)
        case int() | float():
            return ("n", value)
        case str():
            return ("s", value)
        case _:
            return None
