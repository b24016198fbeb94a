"""upstream_codec: the terminal filter of every provider chain."""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.http.upstream_codec.v3 import UpstreamCodec
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds.filters.http_filter import http_filter


def codec() -> HttpFilter:
    return http_filter("envoy.filters.http.upstream_codec", UpstreamCodec())
