"""router: the terminal filter; adds no x-envoy-* headers of its own."""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.http.router.v3 import Router
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds.filters.http_filter import http_filter


def router() -> HttpFilter:
    return http_filter("envoy.filters.http.router", Router(suppress_envoy_headers=True))
