"""header_to_metadata: the caller's own provider key leaves the headers for where only a passthrough cluster looks."""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.http.header_to_metadata import v3
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds.filters.http_filter import http_filter
from schemas import names

CLIENT = "plano.client"


def caller_key() -> HttpFilter:
    rules = [_move("authorization"), _move("x-api-key"), _move("x-goog-api-key")]
    return http_filter("envoy.filters.http.header_to_metadata", v3.Config(request_rules=rules))


def internal_key() -> HttpFilter:
    """The same key on its way back from the sidecar."""
    return http_filter(
        "envoy.filters.http.header_to_metadata", v3.Config(request_rules=[_move(names.KEY_HEADER, "x-api-key")])
    )


def _move(name: str, key: str | None = None) -> v3.ConfigRule:
    kept = v3.ConfigKeyValuePair(metadata_namespace=CLIENT, key=key or name, type=v3.ConfigValueType.STRING)
    return v3.ConfigRule(header=name, on_header_present=kept, remove=True)
