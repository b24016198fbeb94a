"""lua: turns the sidecar's answer, or its absence, into the key that routing looks up.

The filter has no program of its own; the route of calls that need a decision brings it, so that others cost nothing.
"""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.http.lua.v3 import Lua, LuaPerRoute
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds import lua_source, plain
from control_plane.xds.any import Packed, pack
from control_plane.xds.filters.http_filter import http_filter

NAME = "plano.apply_decision"


def apply() -> HttpFilter:
    return http_filter(NAME, Lua())


def on(fallback: str | None) -> Packed:
    """`fallback` is the key of requests without an answer; None: the key they had before they were to be decided."""
    constants = {} if fallback is None else {"FALLBACK": fallback}
    return pack(LuaPerRoute(source_code=plain.text(lua_source.program(constants, "apply_decision"))))
