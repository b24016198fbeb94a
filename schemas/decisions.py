"""The closed list of reasons a decision may have: headers, spans, logs and metrics use these words only."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

MAX_ATTEMPTS = 8
"""How many places one request may go to, one after the other, where the sidecar ranks them."""


class Why(StrEnum):
    """One word for each way a decision can come about; `MEANING` says it in a sentence."""

    MATCHED = "matched"
    MATCHED_SEVERAL = "matched_several"
    ONLY_ONE = "only_one"
    PREFERENCE = "preference"
    INLINE_PREFERENCE = "inline_preference"
    REQUESTED = "requested"
    NO_MATCH = "no_match"
    NOTHING_TO_ROUTE = "nothing_to_route"
    CONTINUATION = "continuation"
    SWITCH_TOO_EXPENSIVE = "switch_too_expensive"
    ROUTER_FAILED = "router_failed"
    ROUTER_LATE = "router_late"
    SIDECAR_FAILED = "sidecar_failed"
    REFUSED = "refused"
    FAULT = "fault"
    CLIENT_LEFT = "client_left"


MEANING = MappingProxyType(
    {
        Why.MATCHED: "the router chose one agent",
        Why.MATCHED_SEVERAL: "the router chose several agents, in this order",
        Why.ONLY_ONE: "there was a single candidate, so the router was not asked",
        Why.PREFERENCE: "a routing preference of the configuration matched",
        Why.INLINE_PREFERENCE: "a routing preference of the request matched",
        Why.REQUESTED: "no preferences apply, the requested model answers",
        Why.NO_MATCH: "nothing fits: the default agent or the requested model answers",
        Why.NOTHING_TO_ROUTE: "the request has no text of a user to route by",
        Why.CONTINUATION: "the turn continues one that was routed before, so its model stays",
        Why.SWITCH_TOO_EXPENSIVE: "another model fits better, but the switch would exceed the routing budget",
        Why.ROUTER_FAILED: "the router gave no answer, so the configured fallback does",
        Why.ROUTER_LATE: "the router missed its deadline, so the configured fallback answers",
        Why.SIDECAR_FAILED: "the sidecar gave no answer, so Envoy did what the listener is configured for",
        Why.REFUSED: "the request cannot be served; the error says why",
        Why.FAULT: "the decision failed inside the gateway",
        Why.CLIENT_LEFT: "the client left before the decision was made",
    }
)
