"""Envoy's message classes without their checks: a render in half the time, the same bytes.

The generated classes are pydantic dataclasses: each builds a validator when first used and runs it for every message.
What the Envoy writer makes is typed and tested with these checks on, so a command goes without them. Must be entered
before anything imports envoy_data_plane; where that has happened already, nothing changes.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

MESSAGES = "envoy_data_plane"


@contextmanager
def unchecked() -> Iterator[None]:
    """While this is entered, modules of Envoy's messages are imported with plain dataclasses."""
    if MESSAGES in sys.modules:
        yield
        return
    import pydantic.dataclasses

    checked = pydantic.dataclasses.dataclass
    pydantic.dataclasses.dataclass = _plain  # type: ignore[assignment]
    try:
        yield
    finally:
        pydantic.dataclasses.dataclass = checked


def _plain(cls: type | None = None, *, config: object = None, **options: bool) -> type | Callable[[type], type]:
    """`pydantic.dataclasses.dataclass` as the standard library has it; `config` speaks of checks only."""

    def decorate(kind: type) -> type:
        make = cast("Callable[[type], type]", dataclasses.dataclass(**options))
        return make(kind)

    return decorate if cls is None else decorate(cls)
