"""lua: one program as a filter; its name is also where it finds its route metadata."""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.http.lua.v3 import Lua
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds import plain
from control_plane.xds.filters.http_filter import http_filter


def lua(name: str, source: str) -> HttpFilter:
    return http_filter(name, program(source))


def program(source: str) -> Lua:
    return Lua(default_source_code=plain.text(source))
