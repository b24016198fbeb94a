"""lua: reads the body once, sets what routing looks up, then has the route chosen anew.

The keys it sets in filter state are those of `matching`. A body that cannot be read becomes a key of its own, out of
reach of clients: what they choose always stands behind a mark.
"""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.gateway import Decision
from control_plane.plan.decisions import CHAT
from control_plane.xds import lua_source, matching
from control_plane.xds.filters.lua import lua
from control_plane.xds.surface import Surface

NAME = "plano.request_reader"
_BODY = ("json_object", "json_text", "form_model", "request_model")


def routing_keys(offered: Surface, decision: Decision | None, *, model: bool) -> HttpFilter:
    """Calls come by POST, pages are answered by the gateway. `model`: the body says where a call goes. `decision`: some
    calls go to the sidecar first."""
    constants: dict[str, lua_source.Constant] = {
        "PATHS": dict.fromkeys(offered.calls, "call") | dict.fromkeys(offered.pages, "page"),
        "TEMPLATES": dict.fromkeys(offered.templates, "call"),
        "PAGE_OF_ONE": matching.PAGE_OF_ONE,
        "OWNERS": {each.id: each.owned_by for each in offered.listed},
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
    if decision is not None:
        constants |= _asking(offered, decision)
    body = _BODY if model else (("agent_body",) if decision else ("agent_key",))
    asks = "ask_sidecar" if decision else "ask_nobody"
    return lua(NAME, lua_source.program(constants, *body, asks, "request_reader"))


def _asking(offered: Surface, decision: Decision) -> dict[str, lua_source.Constant]:
    always = [*(endpoint.value for endpoint in decision.always), *offered.questions]
    return {
        "ALWAYS": dict.fromkeys(always, "yes"),
        "QUESTIONS": dict.fromkeys(offered.questions, "yes"),
        "UNANSWERED": matching.refused("decision_unavailable"),
        "CHATS": dict.fromkeys((chat.value for chat in CHAT), "yes"),
        "NOT_JSON": matching.refused("invalid_json"),
        "DECIDE": matching.DECIDE,
    }
