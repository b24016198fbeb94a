"""Lua programs put together from the files beside this module, without their comments, plus a few constants.

Every constant is written as an escaped literal, so nothing of a configuration can become code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

Constant = str | Sequence["Constant"] | Mapping[str, "Constant"]

_PLAIN = frozenset(" !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~")


def program(constants: Mapping[str, Constant], *names: str, main: str = "") -> str:
    """The named files one after the other, after `local NAME = value` lines and before `main`."""
    head = [f"local {name} = {literal(value)}" for name, value in constants.items()]
    return "\n".join([*head, *(_lean(name) for name in names), main]).strip() + "\n"


def literal(value: Constant) -> str:
    if isinstance(value, str):
        return '"' + "".join(_escaped(byte) for byte in value.encode()) + '"'
    if isinstance(value, Mapping):
        return "{" + ",".join(f"[{literal(key)}]={literal(inner)}" for key, inner in value.items()) + "}"
    return "{" + ",".join(literal(inner) for inner in value) + "}"


def _escaped(byte: int) -> str:
    return chr(byte) if chr(byte) in _PLAIN else f"\\{byte:03}"


@cache
def _lean(name: str) -> str:
    text = files("control_plane.xds").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("--"))
