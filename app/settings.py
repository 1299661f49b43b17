"""Settings, read once by an entry point and handed to whoever needs them.

They come from the `KINDRED_…` variables of a mapping, never from the process's environment behind
anyone's back. `python -m app.settings` prints docs/reference/settings.md.
"""

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import ValidationError, model_validator

from app.errors import SettingsError
from app.interactions.interaction import BUILT_IN_KINDS
from app.strain_options import StrainOptions
from embedders.behaviour import SPACE as BEHAVIOUR
from embedders.factory import BUNDLED, EmbedderOptions

PREFIX = "KINDRED_"

MOST_BASKETS = 8
"""Sorts of baskets that can be counted; each costs its rows."""

WEIGHABLE_KINDS = tuple(kind for kind in BUILT_IN_KINDS if kind not in {"rating", "dwell"})
"""Built-in kinds with a weight of their own; a rating or dwelling weighs by its value."""


class Settings(StrainOptions):
    """How this Kindred runs: every option checked, alone and together with the others."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read every `KINDRED_…` variable of a mapping; empty ones count as unset.

        Raises:
            SettingsError: A name is unknown (the nearest known one is given) or a value cannot be
                used; the message has a line for each.
        """
        given: dict[str, str] = {}
        problems: list[str] = []
        for name, value in sorted(environ.items()):
            if not name.startswith(PREFIX):
                continue
            field = name.removeprefix(PREFIX).lower()
            if field not in cls.model_fields or name != variable(field):
                problems.append(f"{name} is not a setting{_nearest(name)}")
            elif value.strip():
                given[field] = value.strip()
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            raise SettingsError("\n".join([*problems, *_sentences(error)])) from None
        if problems:
            raise SettingsError("\n".join(problems))
        return settings

    def with_address(self, host: str | None, port: int | None) -> Self:
        """Listen elsewhere, None meaning as before; raises SettingsError if that may not be."""
        given = dict(self)
        given |= {} if host is None else {"host": host}
        given |= {} if port is None else {"port": port}
        try:
            return type(self).model_validate(given)
        except ValidationError as error:
            raise SettingsError("\n".join(_sentences(error))) from None

    @model_validator(mode="before")
    @classmethod
    def _places(cls, given: object) -> object:
        """Fill in the files under data_dir, and name the driver PostgreSQL is spoken to with."""
        if not isinstance(given, dict):
            return given
        filled = dict(given)
        folder = Path(filled.get("data_dir", "data"))
        filled["milvus_uri"] = str(filled.get("milvus_uri") or folder / "milvus.db")
        url = str(filled.get("database_url") or f"sqlite:///{folder / 'kindred.db'}")
        for scheme in ("postgresql://", "postgres://"):
            if url.startswith(scheme):
                url = "postgresql+psycopg://" + url.removeprefix(scheme)
        filled["database_url"] = url
        return filled

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for check in (
            self._check_places,
            self._check_spaces,
            self._check_kinds,
            self._check_together,
            self._check_exposure,
        ):
            check()
        return self

    def _check_places(self) -> None:
        if not self.database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError(
                f"{variable('database_url')} must begin with sqlite:/// or postgresql://"
            )
        if self.database_url in {"sqlite:///", "sqlite:///:memory:"}:
            raise ValueError(f"{variable('database_url')} needs a file, as many threads share it")
        if (self.namespace or "").startswith("pg_"):
            raise ValueError(
                f"{variable('namespace')} is {self.namespace!r}: PostgreSQL keeps names beginning "
                "with pg_ to itself"
            )
        if not self.uses_lite and not self.milvus_uri.startswith(("http://", "https://")):
            raise ValueError(
                f"{variable('milvus_uri')} is {self.milvus_uri!r}: give a path ending in .db, or "
                "an address beginning with http:// or https://"
            )

    def _check_spaces(self) -> None:
        if not self.embedder_specifications():
            raise ValueError(
                f"{variable('text_model')} and {variable('image_model')} are both 'none', so items "
                "would have no vector: name at least one model"
            )
        if (self.image_model, self.image_weights) == ("bundled", "imagenet"):
            raise ValueError(
                f"{variable('image_model')} is 'bundled', which has weights of its own and none of "
                f"ImageNet's: leave {variable('image_weights')} out"
            )
        worth = self.space_weights()
        if not any(worth[space] for space in self.embedder_specifications()):
            raise ValueError(
                f"{variable('weight_text')} and {variable('weight_image')} leave no space in use "
                "any worth: raise one above 0"
            )

    def _check_kinds(self) -> None:
        for name in self.extra_kinds:
            if name in BUILT_IN_KINDS:
                raise ValueError(
                    f"{variable('extra_kinds')} names {name!r}, which is built in: give its weight "
                    f"in {variable('kind_weights')}"
                )
        for field, names, known in (
            ("kind_weights", self.kind_weights, WEIGHABLE_KINDS),
            ("half_lives", self.half_lives, self.kinds),
            ("interaction_retention", self.interaction_retention, (*self.kinds, "all")),
            ("excluded_kinds", self.excluded_kinds, (*self.kinds, "all", "none")),
            ("together_kinds", self.together_kinds, (*self.kinds, "any")),
        ):
            for name in names:
                if name not in known:
                    raise ValueError(
                        f"{variable(field)} names {name!r}: known are {', '.join(known)}"
                    )

    def _check_together(self) -> None:
        named = self.together_kinds
        if not 1 <= len(named) <= MOST_BASKETS or len({*named}) < len(named):
            raise ValueError(
                f"{variable('together_kinds')} names 1 to {MOST_BASKETS} kinds, each once, not "
                f"{','.join(named) or 'none'}"
            )

    def _check_exposure(self) -> None:
        asked = bool(self.api_keys) or self.require_key
        if not asked and not is_loopback(self.host):
            raise ValueError(
                f"{variable('host')} is {self.host!r}, which others can reach, and there are no "
                f"keys: set {variable('api_keys')} (docs/reference/settings.md says how) or "
                f"{variable('require_key')}, or listen on 127.0.0.1"
            )
        if not asked and "*" in self.cors_origins:
            raise ValueError(
                f"{variable('cors_origins')} lets every page on the web call, and no key is asked "
                f"for: name the origins, or set {variable('api_keys')} or {variable('require_key')}"
            )

    @property
    def uses_lite(self) -> bool:
        """Whether vectors live in a Milvus Lite file, which one process at a time can hold."""
        return self.milvus_uri.endswith(".db") and "://" not in self.milvus_uri

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind of interaction that is accepted."""
        return (*BUILT_IN_KINDS, *self.extra_kinds)

    @property
    def excluded(self) -> frozenset[str]:
        """Kinds after which an item is not recommended to that person again."""
        if "all" in self.excluded_kinds:
            return frozenset(self.kinds)
        return frozenset(self.excluded_kinds) - {"none"}

    def embedder_specifications(self) -> dict[str, str]:
        """Space to the specification `embedders.factory.make` takes, in the layout's order."""
        specifications: dict[str, str] = {}
        if self.text_model != "none":
            hashed = self.text_model == "hash"
            specifications["text"] = "hash:text:64" if hashed else f"text:{self.text_model}"
        if self.image_model != "none":
            specifications["image"] = self._image_specification()
        return specifications

    def _image_specification(self) -> str:
        match self.image_model, self.image_weights:
            case "hash", _:
                return "hash:image:64"
            case "bundled", "best":
                return BUNDLED
        return f"image:{self.image_model}:{self.image_weights}"

    def space_weights(self) -> dict[str, float]:
        """Space to its worth where a request does not say: those in use, and behaviour."""
        worth = {"text": self.weight_text, "image": self.weight_image}
        used = {space: worth[space] for space in self.embedder_specifications()}
        return {**used, BEHAVIOUR: self.weight_behaviour}

    def embedder_options(self) -> EmbedderOptions:
        """How embedders run here."""
        return EmbedderOptions(
            threads=self.threads,
            batch_size=self.embed_batch_size,
            precision=self.precision,
            device=self.device,
            max_picture_bytes=self.max_picture_bytes,
            max_picture_pixels=self.max_picture_pixels,
            max_picture_frames=self.max_picture_frames,
        )


def variable(field: str) -> str:
    """Name the environment variable of a field."""
    return PREFIX + field.upper()


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach a server listening there."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _nearest(name: str) -> str:
    known = [variable(field) for field in Settings.model_fields]
    near = get_close_matches(name.upper(), known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else "; docs/reference/settings.md lists them all"


def _sentences(error: ValidationError) -> list[str]:
    """Say what is wrong with which variable, without the values: some are secret."""
    sentences = []
    for part in error.errors(include_url=False, include_input=False, include_context=False):
        message = part["msg"].removeprefix("Value error, ")
        place = part["loc"]
        sentences.append(f"{variable(str(place[0]))}: {message}" if place else message)
    return sentences


if __name__ == "__main__":
    from app.settings_reference import reference

    sys.stdout.write(reference())
