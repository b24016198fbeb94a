"""lua: throws a body away while it arrives; off, and so without cost, except on the route that switches it on."""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.http.lua.v3 import Lua
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds.any import pack

NAME = "plano.discard"


def body() -> HttpFilter:
    """Its program stands on the route, see `oversize`."""
    return HttpFilter(name=NAME, typed_config=pack(Lua()), disabled=True)
