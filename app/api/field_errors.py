"""The parts of a request that broke a rule, each named."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

RULES = dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "must be a JSON object")
"""By pydantic's type of error, where its own words would name our classes."""

SHOWN_CHARACTERS = 80
"""How much of a wrong value is given back."""


class FieldError(BaseModel):
    """One part of a request that broke a rule."""

    field: str = Field(description="Where, e.g. `data.price` or `query.limit`.")
    message: str = Field(description="The rule.")
    value: str | None = Field(None, description="What was given, shortened.")


def field_errors(errors: Sequence[Mapping[str, object]], *, root: str = "") -> list[FieldError]:
    """Turn pydantic's errors into ours; `body` is left out of the path, it goes without saying."""
    found = []
    for error in errors:
        place = error["loc"]
        path = [str(part) for part in place] if isinstance(place, tuple) else []
        if path[:1] == ["body"]:
            path = path[1:]
        found.append(
            FieldError(
                field=".".join(([root] if root else []) + path) or "body",
                message=RULES.get(str(error["type"]))
                or str(error["msg"]).removeprefix("Value error, "),
                value=None if error["type"] == "missing" else _given(error.get("input")),
            )
        )
    return found


def sentence(errors: Sequence[FieldError]) -> str:
    """Say in one line what is wrong."""
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    named = first.message.startswith(first.field)
    return first.message + more if named else f"{first.field}: {first.message}{more}"


def shown(value: object) -> str:
    """Show the beginning of a wrong value."""
    if isinstance(value, Mapping | Sequence) and not isinstance(value, str | bytes):
        return f"{type(value).__name__} of {len(value)}"
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def _given(value: object) -> str | None:
    return None if isinstance(value, Mapping) else shown(value)
