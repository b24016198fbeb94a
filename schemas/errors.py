"""The closed list of errors the gateway itself makes, for every writer, document and test.

An answer of a provider is never in here: it passes through as the provider sent it. `docs/errors.md` shows this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class GatewayError:
    """`code` is stable and machine-readable; `message` is what the client reads; `remedy` is for the documentation.

    The two types are the `error.type` words of the OpenAI and the Anthropic error shapes.
    """

    code: str
    status: int
    openai_type: str
    anthropic_type: str
    message: str
    remedy: str

    @property
    def gemini_status(self) -> str:
        """The `error.status` word of the Gemini shape, which goes by the status."""
        return _GEMINI.get(self.status, "INTERNAL" if self.status >= 500 else "INVALID_ARGUMENT")


_GEMINI = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_BAD = "invalid_request_error"
_FAULT = "api_error"

ALL: tuple[GatewayError, ...] = (
    GatewayError(
        "invalid_json",
        400,
        _BAD,
        _BAD,
        "The request body is not valid JSON, or its content-type is not application/json.",
        "Send one JSON object with `content-type: application/json` (multipart/form-data for audio and image uploads).",
    ),
    GatewayError(
        "missing_model",
        400,
        _BAD,
        _BAD,
        "The request names no model and this gateway has no default model.",
        "Put one of the names of GET /v1/models into `model`, or mark a provider `default: true`.",
    ),
    GatewayError(
        "bad_request",
        400,
        _BAD,
        _BAD,
        "The request is not valid HTTP for this gateway.",
        "Check the request line and the headers: no underscores in header names, no escaped slashes in the path.",
    ),
    GatewayError(
        "unauthorized",
        401,
        "authentication_error",
        "authentication_error",
        "No valid credential for this gateway.",
        "Send a key this gateway knows as `Authorization: Bearer <key>` or `x-api-key: <key>`, or a valid token.",
    ),
    GatewayError(
        "model_not_allowed",
        403,
        "permission_error",
        "permission_error",
        "This caller may not use the requested model.",
        "Ask for a model of the caller's allow-list, or extend the list in the configuration.",
    ),
    GatewayError(
        "model_not_found",
        404,
        _BAD,
        "not_found_error",
        "The requested model is not known to this gateway.",
        "GET /v1/models lists the names; add the model to `model_providers` or an alias for it.",
    ),
    GatewayError(
        "endpoint_not_found",
        404,
        _BAD,
        "not_found_error",
        "This gateway has no such path.",
        "Use one of the documented paths, for example POST /v1/chat/completions; check the base URL of the client.",
    ),
    GatewayError(
        "method_not_allowed",
        405,
        _BAD,
        _BAD,
        "This path does not accept the method; see the Allow header.",
        "API calls are POST; /v1/models and /healthz are GET.",
    ),
    GatewayError(
        "request_timeout",
        408,
        _BAD,
        "timeout_error",
        "The request did not arrive in time.",
        "Send headers within 10 seconds and the body within 60 seconds.",
    ),
    GatewayError(
        "request_too_large",
        413,
        _BAD,
        "request_too_large",
        "The request body is larger than this listener accepts.",
        "Send less, or raise `max_body_bytes` of the listener.",
    ),
    GatewayError(
        "headers_too_large",
        431,
        _BAD,
        _BAD,
        "The request headers are larger than this gateway accepts.",
        "Send fewer or shorter headers.",
    ),
    GatewayError(
        "internal_error",
        500,
        _FAULT,
        _FAULT,
        "The gateway could not handle the request.",
        "Report the request id to whoever runs the gateway; its log has the details.",
    ),
    GatewayError(
        "translation_required",
        501,
        _BAD,
        _BAD,
        "No provider of the requested model serves this path, nor a path it could be translated to.",
        "Call the path the provider speaks, or choose a model of a provider that serves this path.",
    ),
    GatewayError(
        "no_agent_fits",
        422,
        _BAD,
        _BAD,
        "No agent of this listener fits the request.",
        "Ask for something an agent's description covers, or let a default agent answer: `no_match: default`.",
    ),
    GatewayError(
        "no_model_fits",
        422,
        _BAD,
        _BAD,
        "None of the models this request could be routed to can serve it.",
        "Check the names in the preference's `models`, the caller's allow-list, and the path the request uses.",
    ),
    GatewayError(
        "invalid_preferences",
        400,
        _BAD,
        _BAD,
        "The routing preferences in the request body are not valid.",
        "Send a list of objects with `name`, `description` and a non-empty list `models`.",
    ),
    GatewayError(
        "agent_failed",
        502,
        _FAULT,
        _FAULT,
        "An agent whose answer the others or the client wait for failed.",
        "Look at the agent's log; `agent_failure: skip` lets the others go on without it.",
    ),
    GatewayError(
        "router_failed",
        503,
        _FAULT,
        _FAULT,
        "The router model gave no answer, and this listener does not go on without one.",
        "Check the router model with `plano-cp doctor`, or set `router_failure: default`.",
    ),
    GatewayError(
        "decision_unavailable",
        503,
        _FAULT,
        _FAULT,
        "The part of the gateway that decides did not answer.",
        "Check the sidecar with `plano-cp status`; `sidecar_failure: default` lets requests go on without it.",
    ),
    GatewayError(
        "upstream_reset",
        502,
        _FAULT,
        _FAULT,
        "The provider closed the connection before it answered.",
        "Try again; if it persists, look at the provider's status and the gateway's access log.",
    ),
    GatewayError(
        "upstream_unreachable",
        503,
        _FAULT,
        _FAULT,
        "The provider could not be reached.",
        "Check the provider's address, its name in DNS, the network and the TLS settings.",
    ),
    GatewayError(
        "attempts_exhausted",
        503,
        _FAULT,
        _FAULT,
        "Every attempt failed, on every provider configured for this model.",
        "Look at the access log for the reasons; add a provider to the alias or raise the retry settings.",
    ),
    GatewayError(
        "overloaded",
        503,
        _FAULT,
        "overloaded_error",
        "The gateway is overloaded.",
        "Try again later, or give the gateway more memory or connections.",
    ),
    GatewayError(
        "upstream_timeout",
        504,
        _FAULT,
        "timeout_error",
        "The provider did not answer in time.",
        "Try again, or raise the first_byte, idle or total timeout of the provider.",
    ),
)

BY_CODE = MappingProxyType({error.code: error for error in ALL})
