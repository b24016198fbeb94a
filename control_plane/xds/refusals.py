"""Routes that answer without a provider: refusals, the models page, health.

A refusing route carries its error in metadata `plano.error`; `local_replies` turns it into the client's dialect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.route import v3 as route

from control_plane.xds import plain
from control_plane.xds.local_replies import ERROR
from schemas import errors, names

_MODEL = "%FILTER_STATE(plano.model:PLAIN):200%"
_TEXTS = {
    "model_not_found": f"The model `{_MODEL}` is not known to this gateway.",
    "translation_required": (f"No provider of `{_MODEL}` serves this path, nor a path it could be translated to."),
    "agent_failed": (
        "An agent whose answer the others or the client wait for failed: "
        f"%DYNAMIC_METADATA({names.DECISION}:problem):300%"
    ),
    "no_model_fits": (
        "None of the models this request could be routed to can serve it: "
        f"%DYNAMIC_METADATA({names.DECISION}:problem):300%"
    ),
    "invalid_preferences": (
        f"The routing preferences in the request body are not valid: %DYNAMIC_METADATA({names.DECISION}:problem):500%"
    ),
}


def refusal(code: str, headers: Sequence[core.HeaderValueOption] = ()) -> route.Route:
    """A route that answers with an error of the closed list."""
    error = errors.BY_CODE[code]
    return route.Route(
        name=code,
        match=route.RouteMatch(prefix="/"),
        direct_response=_answer(error),
        metadata=plain.metadata(ERROR, _told(error)),
        response_headers_to_add=list(headers),
    )


def _told(error: errors.GatewayError) -> dict[str, str]:
    words = {"openai": error.openai_type, "anthropic": error.anthropic_type, "gemini": error.gemini_status}
    return {"code": error.code, **words}


def undecided() -> route.Route:
    """The route of a request that no filter has let through yet; nothing can reach a client through it."""
    return route.Route(
        name="undecided", match=route.RouteMatch(prefix="/"), direct_response=route.DirectResponseAction(status=500)
    )


def _answer(error: errors.GatewayError) -> route.DirectResponseAction:
    if error.code in _TEXTS:
        return route.DirectResponseAction(status=error.status, body_format=plain.formatted(_TEXTS[error.code]))
    return route.DirectResponseAction(status=error.status, body=plain.text(error.message))


def wrong_method(allowed: str) -> route.Route:
    return refusal("method_not_allowed", [plain.set_header("allow", allowed)])


def answer(name: str, status: int, body: str, headers: Sequence[core.HeaderValueOption] = ()) -> route.Route:
    """A fixed answer; an empty body sends none."""
    return route.Route(
        name=name,
        match=route.RouteMatch(prefix="/"),
        direct_response=route.DirectResponseAction(status=status, body=plain.text(body) if body else None),
        response_headers_to_add=list(headers),
    )


def filled_answer(name: str, body: Mapping[str, Any], headers: Sequence[core.HeaderValueOption] = ()) -> route.Route:
    """A JSON answer whose strings may hold command operators."""
    form = core.SubstitutionFormatString(json_format=plain.struct(body), content_type="application/json")
    return route.Route(
        name=name,
        match=route.RouteMatch(prefix="/"),
        direct_response=route.DirectResponseAction(status=200, body_format=form),
        response_headers_to_add=list(headers),
    )


def json_answer(name: str, body: str, headers: Sequence[core.HeaderValueOption] = ()) -> route.Route:
    return answer(name, 200, body, [plain.set_header("content-type", "application/json"), *headers])
