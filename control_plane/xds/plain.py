"""Short forms for protobuf values that have no convenient Python shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.google.protobuf import Struct


def struct(fields: Mapping[str, Any]) -> Struct:
    return cast("Struct", Struct.from_dict(dict(fields)))


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def metadata(namespace: str, fields: Mapping[str, Any]) -> core.Metadata:
    return core.Metadata(filter_metadata={namespace: struct(fields)})


def text(value: str) -> core.DataSource:
    return core.DataSource(inline_string=value)


def formatted(value: str) -> core.SubstitutionFormatString:
    return core.SubstitutionFormatString(text_format_source=text(value))


def set_header(name: str, value: str) -> core.HeaderValueOption:
    """A header that replaces every earlier value of its name."""
    return core.HeaderValueOption(
        header=core.HeaderValue(key=name, value=value),
        append_action=core.HeaderValueOptionHeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
    )


def socket(address: str, port: int) -> core.Address:
    return core.Address(socket_address=core.SocketAddress(address=address, port_value=port))
