"""The reference of the HTTP API, written from its own OpenAPI.

`python -m app.reference` prints docs/reference/api.md.
"""

import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from app.clock import utc_now
from app.main import create_app
from app.services import Services
from app.settings import Settings
from indexer.memory import MemoryStore

Node = Mapping[str, Any]

INTRODUCTION = """\
# API

<!-- Made by `python -m app.reference`; a test keeps it equal to the program. -->

Every operation and everything that is sent and answered, made from the service's own OpenAPI, which
a running service gives at `/openapi.json`, and at `/docs` to try in the browser. What holds for all
of it is under [HTTP](http.md), what can go wrong under [errors](errors.md).
"""


def reference(document: Node) -> str:
    """Write an OpenAPI document as Markdown.

    Args:
        document: What `/openapi.json` answers.
    """
    parts = [INTRODUCTION]
    for tag in document["tags"]:
        parts.append(f"## {str(tag['name']).capitalize()}\n\n{tag['description']}\n")
        parts += [
            _operation(f"{method.upper()} {path}", operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if tag["name"] in operation["tags"]
        ]
    parts.append("## Schemas\n\nThe shapes of bodies, by name.\n")
    schemas = document["components"]["schemas"]
    parts += [_schema(name, schemas[name]) for name in sorted(schemas) if not _internal(name)]
    return "\n".join(parts)


def current() -> Node:
    """Describe the API of this program; nothing is served and nothing is kept."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), text_model="hash", image_model="hash")
        services = Services(settings, clock=utc_now, store=MemoryStore())
        try:
            return create_app(services).openapi()
        finally:
            services.stop()


def _operation(where: str, operation: Node) -> str:
    lines = [f"### `{where}`", "", f"{operation['summary']}.", "", str(operation["description"])]
    rows = [_parameter(each) for each in operation.get("parameters", [])]
    lines += _table(("parameter", "in", "type", "meaning"), rows)
    body = operation.get("requestBody")
    if body is not None:
        content = body["content"]["application/json"]
        lines += ["", f"Body: {_type(content['schema'])}"]
        lines += _examples(content.get("examples", {}).values())
    answers = [
        (status, _when(status, each["description"]), _answer(each))
        for status, each in sorted(operation["responses"].items())
    ]
    lines += _table(("status", "when", "body"), answers)
    return "\n".join(lines) + "\n"


def _parameter(parameter: Node) -> tuple[str, ...]:
    schema = parameter["schema"]
    name = f"`{parameter['name']}`" + (" (needed)" if parameter.get("required") else "")
    meaning = parameter.get("description") or schema.get("description") or ""
    return name, parameter["in"], _type(schema), _sentence(meaning, schema)


def _when(status: str, description: str) -> str:
    """Say when a status comes; the framework's words for a good one say nothing."""
    return HTTPStatus(int(status)).phrase if description == "Successful Response" else description


def _answer(response: Node) -> str:
    for media, content in response.get("content", {}).items():
        if "schema" in content:
            return _type(content["schema"])
        return f"`{media}`"
    return ""


def _schema(name: str, schema: Node) -> str:
    lines = [f"### {name}", "", _flat(schema.get("description", ""))]
    needed = schema.get("required", ())
    rows = [
        (
            f"`{field}`" + (" (needed)" if field in needed else ""),
            _type(each),
            _sentence(each.get("description", ""), each),
        )
        for field, each in schema.get("properties", {}).items()
    ]
    if rows:
        lines += _table(("field", "type", "meaning"), rows)
    else:
        lines += ["", _type(schema)]
    lines += _examples({"value": example} for example in schema.get("examples", ()))
    return "\n".join(lines) + "\n"


def _examples(examples: Iterable[Node]) -> list[str]:
    lines = []
    for example in examples:
        written = json.dumps(example["value"], indent=2, ensure_ascii=False)
        lines += ["", "```json", written, "```"]
    return lines


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    ruled = [header, tuple("---" for _ in header), *rows]
    # A bar inside a cell would end it.
    return ["", *("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in ruled)]


def _sentence(meaning: str, schema: Node) -> str:
    """Say what a field means, and its default and bounds."""
    parts = [_flat(meaning)]
    if schema.get("default") not in (None, [], {}):
        parts.append(f"Default: `{json.dumps(schema['default'])}`.")
    parts.append(_bounds(schema))
    return " ".join(part for part in parts if part)


def _bounds(schema: Node) -> str:
    said = [
        f"{word} {_number(schema[key])}{unit}"
        for key, word, unit in (
            ("minimum", "at least", ""),
            ("maximum", "at most", ""),
            ("minItems", "at least", " of them"),
            ("maxItems", "at most", " of them"),
            ("minLength", "at least", " characters"),
            ("maxLength", "at most", " characters"),
        )
        if key in schema
    ]
    text = ", ".join(said)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _number(value: float) -> str:
    """Write a bound; OpenAPI's model makes floats of whole ones."""
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def _type(schema: Node) -> str:
    """Write a type in a few words, with a link where it has a name."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_type(each) for each in schema[several]))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ", ".join(f"`{json.dumps(value)}`" for value in values)
    return _plain(schema)


def _plain(schema: Node) -> str:
    kind = str(schema.get("type", "any JSON"))
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_type(schema['additionalProperties'])}"
    named = {"date-time": "time"}.get(str(schema.get("format")), kind)
    return str(schema.get("title", named)) if kind == "object" and "title" in schema else named


def _flat(text: str) -> str:
    return " ".join(text.split())


def _internal(name: str) -> bool:
    """Say whether a schema is the framework's own, which no answer has."""
    return name in {"HTTPValidationError", "ValidationError"}


if __name__ == "__main__":
    sys.stdout.write(reference(current()))
