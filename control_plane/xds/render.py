"""A typed message as plain data in proto3's JSON form, and as canonical text.

In: any betterproto2 message. Out: what `to_dict(casing=SNAKE)` gives, some thirty times quicker, because it neither
validates again nor serialises nested Any values. Equal messages give equal bytes.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from json.encoder import encode_basestring
from typing import Any, cast

import betterproto2
from envoy_data_plane.google import protobuf

from control_plane.xds.any import Packed

# Whatever json.dumps takes, and whatever a field of a message may hold.
Json = Any
_Field = Any
_Writer = Callable[[_Field], Json]
_SIXTY_FOUR_BITS = {"int64", "uint64", "sint64", "fixed64", "sfixed64"}


def to_plain(message: betterproto2.Message) -> dict[str, Any]:
    """The message as dicts, lists, strings, numbers and booleans; keys in snake_case, defaults left out."""
    return cast("dict[str, Any]", _message(message))


def to_text(plain: Json) -> str:
    """Canonical JSON: keys sorted, two spaces, one newline at the end. What json.dumps gives with these settings, in a
    quarter of the time: its quick half cannot indent."""
    return _written(plain, "\n") + "\n"


def _written(value: Json, margin: str) -> str:
    """`margin`: the line break and the spaces before what ends the value."""
    inner = margin + "  "
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict) and value:
        rows = [f"{encode_basestring(key)}: {_written(value[key], inner)}" for key in sorted(value)]
        return f"{{{inner}{f',{inner}'.join(rows)}{margin}}}"
    if isinstance(value, list) and value:
        return f"[{inner}{f',{inner}'.join([_written(item, inner) for item in value])}{margin}]"
    return json.dumps(value, allow_nan=False)


def _message(message: _Field) -> Json:
    if isinstance(message, Packed):
        return _packed(message)
    special = _WELL_KNOWN.get(type(message))
    return special(message) if special else _fields(message)


def _fields(message: _Field) -> dict[str, Json]:
    plain: dict[str, Any] = {}
    for name, key, write, present in _layout(cast("type[betterproto2.Message]", type(message))):
        value = getattr(message, name)
        if value is not None and (present or value):
            plain[key] = write(value)
    return plain


@cache
def _layout(kind: type[betterproto2.Message]) -> tuple[tuple[str, str, _Writer, bool], ...]:
    """Per field: attribute, JSON key, writer, and whether a default value is written when set."""
    hints, described = kind._type_hints(), cast("Any", kind)._betterproto
    rows = []
    for name, meta in described.meta_by_field_name.items():
        write = _map(meta, hints[name]) if meta.proto_type == "map" else _value(meta, hints[name])
        if meta.repeated:
            write = _each(write)
        holds_message = meta.proto_type == "message" and not meta.repeated
        rows.append((name, name.rstrip("_"), write, holds_message or bool(meta.optional)))
    return tuple(rows)


def _each(write: _Writer) -> _Writer:
    return lambda values: [write(value) for value in values]


def _map(meta: betterproto2.FieldMetadata, hint: _Field) -> _Writer:
    assert meta.map_meta is not None
    write = _value(meta.map_meta[1], hint.__args__[1])
    return lambda values: {_key(key): write(value) for key, value in values.items()}


def _key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _value(meta: betterproto2.FieldMetadata, hint: _Field) -> _Writer:
    if meta.proto_type == "message":
        return _wrapped(meta.unwrap()) if meta.unwrap else _message
    if meta.proto_type == "enum":
        return _enum(_enum_type(hint))
    if meta.proto_type in _SIXTY_FOUR_BITS:
        return str
    return _SCALARS.get(meta.proto_type, _same)


def _wrapped(kind: type) -> _Writer:
    """Writer of a well-known type that the dataclass holds as a plain Python value."""
    if kind in (protobuf.Int64Value, protobuf.UInt64Value):
        return str
    return _PYTHON.get(kind, _same)


def _enum_type(hint: _Field) -> _Field:
    arguments = [a for a in getattr(hint, "__args__", ()) if a is not type(None)]
    return _enum_type(arguments[0]) if arguments else hint


def _enum(kind: _Field) -> _Writer:
    def write(value: _Field) -> Json:
        known = kind(value)
        return known.proto_name or known.name or known.value

    return write


def _same(value: _Field) -> Json:
    return value


def _bytes(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _number(value: float) -> Json:
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _duration(value: timedelta) -> str:
    micros = value // timedelta(microseconds=1)
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, rest = divmod(micros, 1_000_000)
    digits = "" if not rest else f".{rest // 1000:03}" if rest % 1000 == 0 else f".{rest:06}"
    return f"{sign}{seconds}{digits}s"


def _packed(value: Packed) -> dict[str, Any]:
    plain = _message(value.message)
    if type(value.message) in _WELL_KNOWN:
        return {"@type": value.type_url, "value": plain}
    return {"@type": value.type_url, **plain}


def _struct(value: protobuf.Struct) -> dict[str, Any]:
    return {key: _struct_value(inner) for key, inner in value.fields.items()}


def _struct_value(value: protobuf.Value) -> Json:
    if value.struct_value is not None:
        return _struct(value.struct_value)
    if value.list_value is not None:
        return [_struct_value(inner) for inner in value.list_value.values]
    if value.number_value is not None:
        return _number(value.number_value)
    return value.string_value if value.string_value is not None else value.bool_value


def _generic(message: betterproto2.Message) -> Json:
    return message.to_dict(casing=betterproto2.Casing.SNAKE)


_SCALARS: dict[str, _Writer] = {"bytes": _bytes, "float": _number, "double": _number}
_PYTHON: dict[type, _Writer] = {
    protobuf.Duration: _duration,
    protobuf.BytesValue: _bytes,
    protobuf.FloatValue: _number,
    protobuf.DoubleValue: _number,
    protobuf.Timestamp: lambda value: _generic(protobuf.Timestamp.from_wrapped(cast("datetime", value))),
}
_WELL_KNOWN: dict[type, _Writer] = {
    protobuf.Any: _generic,
    protobuf.Struct: _struct,
    protobuf.Value: _struct_value,
    protobuf.Duration: _generic,
    protobuf.Timestamp: _generic,
}
