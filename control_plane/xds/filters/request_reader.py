"""lua: reads the body once, sets what routing looks up, then has the route chosen anew.

The keys it sets in filter state are those of `matching`. A body that cannot be read becomes a key of its own, out of
reach of clients: what they choose always stands behind a mark.
"""

from __future__ import annotations

from collections.abc import Sequence

from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.gateway import Endpoint, ListedModel
from control_plane.xds import lua_source, matching
from control_plane.xds.filters.lua import lua

NAME = "plano.request_reader"
_BODY = ("json_object", "json_text", "form_model", "request_model")


def routing_keys(
    endpoints: Sequence[Endpoint], pages: Sequence[str], listed: Sequence[ListedModel], *, model: bool
) -> HttpFilter:
    """`endpoints` are called by POST; `pages` are answered by the gateway. `model`: the body says where a call goes."""
    kinds = {endpoint.value: "call" for endpoint in endpoints} | dict.fromkeys(pages, "page")
    constants: dict[str, lua_source.Constant] = {
        "PATHS": kinds,
        "PAGE_OF_ONE": matching.PAGE_OF_ONE,
        "OWNERS": {each.id: each.owned_by for each in listed},
        "UNKNOWN_PATH": matching.refused("endpoint_not_found"),
        "UNKNOWN_MODEL": matching.refused("model_not_found"),
        "WRONG_METHOD": matching.refused("method_not_allowed"),
    }
    if model:
        constants |= {
            "INVALID": matching.refused("invalid_json"),
            "MISSING": matching.UNNAMED,
            "MODEL": matching.NAMED,
        }
    else:
        constants["CALL"] = matching.UNNAMED
    parts = _BODY if model else ("agent_key",)
    return lua(NAME, lua_source.program(constants, *parts, "request_reader"))
