"""The reference of the settings, written from the options' own descriptions.

`python -m app.settings` prints docs/reference/settings.md.
"""

from collections.abc import Mapping
from datetime import timedelta

from app.settings import variable
from app.strain_options import StrainOptions
from app.values import described


def reference() -> str:
    """Write the reference of every setting, as Markdown."""
    lines = [
        "# Settings",
        "",
        "<!-- Made by `python -m app.settings`; a test keeps it equal to the program. -->",
        "",
        "Kindred is configured by environment variables alone, read once at the start. A name it "
        "does not know, or a value out of bounds, stops the start and says what was meant. "
        "Durations are a number and a unit: `250ms`, `30s`, `5m`, `2h`, `30d`.",
        "",
        'To make a key and its hash: `KEY=$(openssl rand -hex 32); printf %s "$KEY" | sha256sum`. '
        "To make a webhook secret: `echo whsec_$(openssl rand -base64 32)`.",
    ]
    for name, field in StrainOptions.model_fields.items():
        schema = StrainOptions.model_json_schema()["properties"][name]
        lines += ["", f"## {variable(name)}", "", str(field.description), ""]
        lines += [f"- Default: {_default(field.default)}"]
        lines += [f"- {sentence}" for sentence in _bounds(field.metadata, schema)]
    return "\n".join(lines) + "\n"


def _default(value: object) -> str:
    match value:
        case timedelta():
            return f"`{described(value)}`"
        case bool():
            return f"`{str(value).lower()}`"
        case tuple():
            value = ",".join(str(part) for part in value)
    return f"`{value}`" if value else "not set"


def _bounds(metadata: list[object], schema: Mapping[str, object]) -> list[str]:
    bounds: list[str] = []
    for sign, word in (("ge", "At least"), ("gt", "Above"), ("le", "At most"), ("lt", "Below")):
        for constraint in metadata:
            bound = getattr(constraint, sign, None)
            if bound is not None:
                text = described(bound) if isinstance(bound, timedelta) else f"{bound:,}"
                bounds.append(f"{word}: `{text}`")
    values = schema.get("enum")
    if isinstance(values, list):
        bounds.append("One of: " + ", ".join(f"`{value}`" for value in values))
    return bounds
