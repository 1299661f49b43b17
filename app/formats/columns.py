"""Which column of somebody's table is which field of ours, and rows read by it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from app.api.bodies import parsed
from app.errors import BadRequest
from app.formats import cells
from app.formats.cells import CellError, Decimals
from app.formats.errors import ColumnsUnclear
from app.formats.names import FIELDS, STARS, Kind, guessed, plain
from app.formats.rows import BadRowError

NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "items": ("item_id",),
    "interactions": ("user_id", "item_id", "type", "timestamp"),
}
SHOWN_COLUMNS = 20
MAX_REASONS = 5

_SUFFIXES = ("number", "flag", "list")
# What others call the kinds of interaction.
_KINDS = {
    "page_view": "view",
    "pageview": "view",
    "detail": "view",
    "view_item": "view",
    "add_to_cart": "cart",
    "addtocart": "cart",
    "basket": "cart",
    "buy": "purchase",
    "order": "purchase",
    "transaction": "purchase",
    "checkout": "purchase",
    "favorite": "like",
    "favourite": "like",
    "rate": "rating",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read, as far as somebody said.

    Attributes:
        mapping: Column to field, to "attributes.NAME", or to "" to leave it out; a suffix of
            ":number", ":flag" or ":list" says what an attribute is.
        constants: Field to what it is in every row that says nothing else.
        decimals: Which mark decimals have; None: found out from the first rows.
        time_format: How times are written (strptime); None: any way that can be told.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    decimals: Decimals | None = None
    time_format: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column and the field it is, None when it is left out; and whether somebody said so."""

    name: str
    field: str | None
    given: bool


class Columns:
    """Reads rows of somebody's table.

    Args:
        columns: Their names, in order.
        kind: Of the rows.
        reading: What somebody said.
        sample: The first rows, from which it is found out how numbers are written.
        fixed: Whether there can be no other columns, so that a name not there is a mistake.

    Raises:
        ColumnsUnclear: The mapping names what is not there, or a needed field has no column.
    """

    def __init__(
        self,
        columns: Sequence[str],
        kind: Kind,
        reading: Reading,
        sample: Iterable[Mapping[str, object]] = (),
        *,
        fixed: bool = True,
    ) -> None:
        self._kind = kind
        self._reading = reading
        _check_mapping(columns, kind, reading, fixed=fixed)
        given = {name: target for name, target in reading.mapping.items() if target}
        rest = [name for name in columns if name not in reading.mapping]
        fields = given | guessed(rest, kind, [*given.values()])
        self._constants = dict(reading.constants)
        self.notes: list[str] = []
        if kind == "interactions":
            self._constants |= self._stars(fields)
        self.columns = tuple(
            Column(name, fields.get(name), name in reading.mapping)
            for name in dict.fromkeys([*columns, *given])
        )
        self._check_needed(columns)
        self._decimals = reading.decimals or self._found_decimals(list(sample))
        if any(each.field in ("created_at", "timestamp") for each in self.columns):
            self.notes.append("times without an offset are taken to be in UTC")

    def _stars(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Where no column tells the kind, but values are stars, every row is a rating."""
        told = {*fields.values(), *self._constants}
        values = [name for name, field_of in fields.items() if field_of == "value"]
        stars = any(plain(name) in STARS for name in values)
        if "type" in told or not stars:
            return {}
        self.notes.append("no column tells the type, and values are stars: each row is a rating")
        return {"type": "rating"}

    def _check_needed(self, columns: Sequence[str]) -> None:
        there = {each.field for each in self.columns} | set(self._constants)
        missing = [name for name in NEEDED[self._kind] if name not in there]
        if missing:
            shown = ", ".join(repr(name[:60]) for name in columns[:SHOWN_COLUMNS]) or "none"
            raise ColumnsUnclear(
                f"no column could be told to be {' or '.join(missing)}; the columns are {shown}. "
                f"Say which with --map COLUMN={missing[0]}"
                + (", or give all rows one with --set type=purchase" if "type" in missing else "")
            )

    def _found_decimals(self, sample: Sequence[Mapping[str, object]]) -> Decimals:
        numeric = [
            each.name
            for each in self.columns
            if each.field in ("price", "value") or (each.field or "").endswith(":number")
        ]
        values = [row.get(name) for row in sample for name in numeric]
        decimals, unsure = cells.decimals_of(values)
        if decimals == "comma":
            self.notes.append("numbers have decimal commas: 1.234,50 (else: --decimals point)")
        elif unsure:
            self.notes.append(
                "numbers like 1.234 are taken to have a decimal point (else: --decimals comma)"
            )
        return decimals

    def read(self, row: Mapping[str, object]) -> dict[str, object]:
        """Read a row's fields, in the shape HTTP takes.

        Raises:
            BadRowError: Cells do not mean what their columns are for; all are named.
        """
        fields: dict[str, object] = {}
        problems: list[str] = []
        for column in self.columns:
            if column.field is None:
                continue
            try:
                value = self._value(column.field, row.get(column.name))
            except CellError as error:
                problems.append(f"{column.field}: {error} (column {column.name!r})")
                continue
            if value is not None:
                _put(fields, column.field, value)
        if problems:
            raise BadRowError("; ".join(problems[:MAX_REASONS]))
        for name, constant in self._constants.items():
            if name not in fields:
                _put(fields, name, self._value(name, constant))
        return fields

    def item_id(self, row: Mapping[str, object]) -> str | None:
        """Read a row's item_id alone, where it can be."""
        for column in self.columns:
            if column.field == "item_id":
                try:
                    return cells.identifier(row.get(column.name))
                except CellError:
                    return None
        return None

    def _value(self, name: str, cell: object) -> object:
        if name.startswith("attributes."):
            return self._typed(_attribute(name)[1], cell)
        return self._readers()[name](cell)

    def _readers(self) -> Mapping[str, Callable[[object], object]]:
        return {
            **dict.fromkeys(FIELDS[self._kind], cells.identifier),
            "title": cells.text,
            "description": cells.text,
            "image_url": cells.picture,
            "categories": cells.names,
            "price": self._number,
            "value": self._number,
            "available": cells.flag,
            "created_at": self._moment,
            "timestamp": self._moment,
            "type": _a_kind,
            "attributes": _attributes,
        }

    def _number(self, cell: object) -> float | None:
        return cells.number(cell, self._decimals)

    def _moment(self, cell: object) -> object:
        return cells.moment(cell, self._reading.time_format)

    def _typed(self, suffix: str, cell: object) -> object:
        if suffix == "number":
            return self._number(cell)
        if suffix == "flag":
            return cells.flag(cell)
        if suffix == "list":
            return cells.names(cell) or None
        if isinstance(cell, bool | int | float | list | dict):
            return cell
        return cells.identifier(cell)


def _check_mapping(columns: Sequence[str], kind: Kind, reading: Reading, *, fixed: bool) -> None:
    for name in reading.mapping:
        if fixed and name not in columns:
            raise ColumnsUnclear(f"--map names a column {name!r}, {_nearest(name, columns)}")
    targets = [*filter(None, reading.mapping.values()), *reading.constants]
    for target in targets:
        if not (kind == "items" and target.startswith("attributes.") and _attribute(target)[0]):
            if target not in FIELDS[kind]:
                raise ColumnsUnclear(
                    f"{kind} have no field {target!r}, {_nearest(target, FIELDS[kind])}"
                )
            if target != "categories" and targets.count(target) > 1:
                raise ColumnsUnclear(f"two columns are mapped to {target}")


def _put(fields: dict[str, object], name: str, value: object) -> None:
    """Set a field; categories of several columns come one after the other."""
    held = fields.get(name)
    if name.startswith("attributes."):
        attributes = fields.get("attributes")
        named = {_attribute(name)[0]: value}
        fields["attributes"] = {**attributes, **named} if isinstance(attributes, dict) else named
    elif isinstance(held, list) and isinstance(value, list):
        fields[name] = list(dict.fromkeys([*held, *value]))
    elif isinstance(held, dict) and isinstance(value, dict):
        fields[name] = {**value, **held}
    else:
        fields[name] = value


def _nearest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are {', '.join(repr(each[:60]) for each in known[:SHOWN_COLUMNS])}"


def _attribute(target: str) -> tuple[str, str]:
    """Take "attributes.litres:number" apart."""
    name = target.removeprefix("attributes.")
    for suffix in _SUFFIXES:
        if name.endswith(f":{suffix}"):
            return name.removesuffix(f":{suffix}"), suffix
    return name, ""


def _a_kind(cell: object) -> str | None:
    said = cells.identifier(cell)
    if said is None:
        return None
    name = plain(said)
    return _KINDS.get(name, said if said == name else name)


def _attributes(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    if not cell.strip():
        return None
    try:
        found = parsed(cell.encode())
    except BadRequest as error:
        reason = error.detail.removeprefix("The body ").replace("line 1 ", "")
        raise CellError(f"the JSON {reason}") from error
    if not isinstance(found, dict):
        raise CellError("must be a JSON object")
    return found
