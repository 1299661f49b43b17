"""docker-compose.yml as a container engine would read it: merged, with its variables filled in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


def compose() -> dict[str, Any]:
    """Read the file; anchors and merges are resolved, variables are not."""
    return parsed(COMPOSE)


def parsed(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping."""
    found = yaml.safe_load(path.read_text())
    assert isinstance(found, dict)
    return found


def variables(text: str) -> dict[str, str | None]:
    """Name every variable a text asks for, with its default; None where it has to be given."""
    return {
        found["name"]: found["rest"] if found["kind"] == "-" else None
        for found in _VARIABLE.finditer(text)
    }


def filled(node: Any, given: Mapping[str, str]) -> Any:  # noqa: ANN401 - YAML has any shape
    """Put the values of variables in their place, in every string."""
    if isinstance(node, dict):
        return {key: filled(value, given) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(value, given) for value in node]
    if isinstance(node, str):
        return _VARIABLE.sub(lambda at: given.get(at["name"], at["rest"] or ""), node)
    return node


def named_volumes(service: Mapping[str, Any]) -> set[str]:
    """Name the volumes a service mounts that are not folders of this repository."""
    mounts = [mount.split(":")[0] for mount in service.get("volumes", [])]
    return {mount for mount in mounts if not mount.startswith((".", "/"))}


def mounted_files(service: Mapping[str, Any]) -> dict[str, str]:
    """Map each file of this repository that a service mounts to where it is found inside."""
    mounts = [mount.split(":") for mount in service.get("volumes", [])]
    return {mount[0]: mount[1] for mount in mounts if mount[0].startswith(".")}


class Dockerfile:
    """The instructions of the Dockerfile, lines joined and comments gone."""

    def __init__(self, text: str) -> None:
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        joined = "\n".join(lines).replace("\\\n", " ")
        self.instructions = [
            (word.upper(), rest.strip())
            for word, _, rest in (line.strip().partition(" ") for line in joined.splitlines())
            if word
        ]

    @classmethod
    def read(cls) -> "Dockerfile":
        """Read the one in the repository."""
        return cls((ROOT / "Dockerfile").read_text())

    def all(self, word: str) -> list[str]:
        """Return what follows each instruction of that name, in order."""
        return [rest for name, rest in self.instructions if name == word]

    def environment(self) -> dict[str, str]:
        """Return what ENV sets."""
        pairs = [pair.partition("=") for pair in " ".join(self.all("ENV")).split()]
        return {name: value for name, _, value in pairs}
