"""Naming a filter in a chain."""

from __future__ import annotations

import betterproto2
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds.any import pack


def http_filter(name: str, message: betterproto2.Message) -> HttpFilter:
    return HttpFilter(name=name, typed_config=pack(message))
