"""buffer: the body limit of a listener; also what a retry may replay."""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.http.buffer.v3 import Buffer
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds.filters.http_filter import http_filter


def body_limit(max_bytes: int) -> HttpFilter:
    return http_filter("envoy.filters.http.buffer", Buffer(max_request_bytes=max_bytes))
