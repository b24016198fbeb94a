"""Envoy's message classes without their checks: a render in a third of the time, the same bytes.

The generated classes are pydantic dataclasses: each builds a validator when first used and runs it for every message;
betterproto2 reads a class's annotations once for every field, and makes the default of a deprecated field for every
message, under a filter of warnings that costs more than the rest of it.
What the Envoy writer makes is typed and tested with these checks on, so a command goes without them. Must be entered
before anything imports envoy_data_plane; where that has happened already, nothing changes.
"""

from __future__ import annotations

import dataclasses
import functools
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

    _remember_type_hints()
    _remember_defaults()
    checked = pydantic.dataclasses.dataclass
    pydantic.dataclasses.dataclass = _plain  # type: ignore[assignment]
    try:
        yield
    finally:
        pydantic.dataclasses.dataclass = checked


def _remember_type_hints() -> None:
    """Else the annotations of a class are evaluated anew for each of its fields. They never change."""
    import betterproto2

    evaluate = vars(betterproto2.Message).get("_type_hints")
    if isinstance(evaluate, classmethod):
        cached = cast("Callable[..., object]", functools.cache(evaluate.__func__))
        setattr(betterproto2.Message, "_type_hints", classmethod(cached))  # noqa: B010


def _remember_defaults() -> None:
    """Of each field; only values that nobody can change."""
    import betterproto2

    make = betterproto2.Message._get_field_default
    known: dict[tuple[type, str], object] = {}

    def remembered(self: betterproto2.Message, field_name: str) -> object:
        key = (type(self), field_name)
        if key in known:
            return known[key]
        default = make(self, field_name)
        if default is None or isinstance(default, (str, bytes, int, float)):
            known[key] = default
        return default

    setattr(betterproto2.Message, "_get_field_default", remembered)  # noqa: B010


def _plain(cls: type | None = None, *, config: object = None, **options: bool) -> type | Callable[[type], type]:
    """`pydantic.dataclasses.dataclass` as the standard library has it; `config` speaks of checks only."""

    def decorate(kind: type) -> type:
        make = cast("Callable[[type], type]", dataclasses.dataclass(**options))
        return make(kind)

    return decorate if cls is None else decorate(cls)
