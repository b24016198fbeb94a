"""lua: token counts of answers, for the log. Reads the head and tail of an answer as it passes."""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds import lua_source
from control_plane.xds.filters.lua import lua


def token_counts() -> HttpFilter:
    return lua("plano.usage", lua_source.program({}, "usage"))
