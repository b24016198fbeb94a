"""set_filter_state: the keys routing reads, set once the body is known; then the route is chosen anew."""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.common.set_filter_state.v3 import FilterStateValue
from envoy_data_plane.envoy.extensions.filters.http.set_filter_state.v3 import Config
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds import plain
from control_plane.xds.filters.http_filter import http_filter
from control_plane.xds.filters.json_to_metadata import REQUEST
from control_plane.xds.matching import MISSING, MODEL, PATH


def routing_keys(*, model: bool) -> HttpFilter:
    """The path without its query and, for model gateways, the model; an empty or absent one counts as missing."""
    values = [_string(PATH, "%PATH(NQ)%")]
    if model:
        values += [_string(MODEL, MISSING), _string(MODEL, f"%DYNAMIC_METADATA({REQUEST}:model)%", skip_if_empty=True)]
    return http_filter("plano.routing_keys", Config(on_request_headers=values, clear_route_cache=True))


def _string(key: str, value: str, *, skip_if_empty: bool = False) -> FilterStateValue:
    form = plain.formatted(value)
    form.omit_empty_values = skip_if_empty
    return FilterStateValue(object_key=key, factory_key="envoy.string", format_string=form, skip_if_empty=skip_if_empty)
