"""A gateway for every provider whose key is in the environment: what `plano-cp up` runs without a file.

In: the environment's names (only whether a key is set) and the port. Out: the text of an ordinary configuration, which
refers to keys as `$NAME`, and what was found. Never: the value of a key, a provider without one, a default model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from control_plane import catalogue
from control_plane.catalogue import ProviderRow

_HEAD = """\
# Written by plano-cp from the keys in the environment. Models are called "prefix/id";
# known ids work without the prefix. Whoever can reach the port uses these keys:
# it is open to this machine only.
version: v0.4.0
listeners:
  - type: model
    name: llm
    address: 127.0.0.1
    port: {port}
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """One provider that needs nothing but a key: the prefix of its models and the variable its key is read from."""

    prefix: str
    title: str
    variable: str


def configuration(environ: Mapping[str, str], port: int) -> str:
    """The YAML text of a model gateway on `port`, with no providers at all when no key is set (see `found`)."""
    entries = "".join(_entry(choice) for choice in found(environ))
    return _HEAD.format(port=port) + (f"model_providers:\n{entries}" if entries else "")


def found(environ: Mapping[str, str]) -> tuple[Choice, ...]:
    """The providers whose key is set and not empty, in the catalogue's order."""
    return tuple(choice for choice in choices() if environ.get(choice.variable, "").strip())


def missing(environ: Mapping[str, str]) -> tuple[Choice, ...]:
    """The providers that would be served too if their variable were set."""
    return tuple(choice for choice in choices() if choice not in found(environ))


def choices() -> tuple[Choice, ...]:
    """Every provider that a key alone makes usable: it has an address, and does not work without a key."""
    rows = (row for row in catalogue.providers().values() if _needs_only_a_key(row))
    return tuple(Choice(prefix=row.name, title=row.title, variable=row.key_variable or "") for row in rows)


def _needs_only_a_key(row: ProviderRow) -> bool:
    return (
        not row.internal
        and row.key_variable is not None
        and row.credential.without_key == "required"
        and catalogue.default_base_url(row) is not None
    )


def _entry(choice: Choice) -> str:
    return f"  - model: {choice.prefix}/*\n    access_key: ${choice.variable}  # {json.dumps(choice.title)[1:-1]}\n"
