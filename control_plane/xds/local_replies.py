"""Every answer Envoy makes itself, in the client's dialect.

Two sources: refusing routes, whose metadata `plano.error` says everything, and Envoy's own faults, recognised by status
and response flag. Never shows Envoy's internal reason to a client; the access log has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from envoy_data_plane.envoy.config.accesslog import v3 as accesslog
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.extensions.access_loggers.filters.cel.v3 import ExpressionFilter
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager import v3 as hcm

from control_plane.gateway import Endpoint
from control_plane.xds import plain
from control_plane.xds.any import pack
from schemas import errors

ERROR = "plano.error"
_REQUEST_ID = "%REQUEST_HEADER(x-request-id)%"


# An attempt may have changed the path; the client's own stays in filter state (as bytes, which know no startsWith).
def _speaks(prefix: str) -> str:
    known = ", ".join(f"b'{endpoint.value}'" for endpoint in Endpoint if endpoint.value.startswith(prefix))
    kept = f"('plano.path' in filter_state && filter_state['plano.path'] in [{known}])"
    return f"(request.path.startsWith('{prefix}') || {kept})"


Shape = Literal["anthropic", "gemini", "openai"]
_SHAPES: tuple[Shape, ...] = ("anthropic", "gemini", "openai")
_SPOKEN = {"anthropic": _speaks("/v1/messages"), "gemini": _speaks("/v1beta/models/")}
"""Where a shape of errors is spoken; OpenAI's is everywhere else."""
_REFUSED = (
    "response.code >= 400 && response.code_details == 'direct_response' && "
    f"'{ERROR}' in xds.route_metadata.filter_metadata"
)
# Envoy's other 403 is a wish for an upgrade.
_NOT_ALLOWED = "response.code == 403 && response.code_details.startsWith('rbac_access_denied')"

# Envoy's own faults, first match wins: what is recognised -> the error of the closed list.
_BY_STATUS = (
    (401, "unauthorized"),
    (408, "request_timeout"),
    (413, "request_too_large"),
    (431, "headers_too_large"),
    (504, "upstream_timeout"),
    (501, "bad_request"),  # a transfer encoding Envoy does not speak
)
_BY_FLAG = (
    (("UO", "OM", "LR"), "overloaded"),
    (("URX",), "attempts_exhausted"),
    (("UF", "UH", "NC", "DF"), "upstream_unreachable"),
    (("UR", "UC", "UPE"), "upstream_reset"),
)


def config() -> hcm.LocalReplyConfig:
    return hcm.LocalReplyConfig(mappers=list(_mappers()))


def _mappers() -> Iterator[hcm.ResponseMapper]:
    for shape in _SHAPES:
        yield _refusal(shape)
    for when, code in _faults():
        for shape in _SHAPES:
            yield _fault(when, errors.BY_CODE[code], shape)


def _refusal(shape: Shape) -> hcm.ResponseMapper:
    """Answers of refusing routes: code and types come from the route's metadata, the text is its body."""
    kind, code = f"%METADATA(ROUTE:{ERROR}:{shape})%", f"%METADATA(ROUTE:{ERROR}:code)%"
    return hcm.ResponseMapper(
        filter=_cel(_dialect(_REFUSED, shape)),
        body_format_override=_body(shape, "%LOCAL_REPLY_BODY%", kind, code),
        headers_to_add=_headers(shape),
    )


def _fault(when: str | tuple[str, ...], error: errors.GatewayError, shape: Shape) -> hcm.ResponseMapper:
    kinds = {"anthropic": error.anthropic_type, "gemini": error.gemini_status, "openai": error.openai_type}
    return hcm.ResponseMapper(
        filter=_flagged(when, shape) if isinstance(when, tuple) else _cel(_dialect(when, shape)),
        status_code=error.status,
        body_format_override=_body(shape, error.message, kinds[shape], error.code),
        headers_to_add=_headers(shape, error.status),
    )


def _headers(shape: Shape, status: int = 0) -> list[core.HeaderValueOption]:
    """Anthropic's clients read the request id from a header of their own."""
    named = [plain.set_header("request-id", _REQUEST_ID)] if shape == "anthropic" else []
    return [*named, plain.set_header("www-authenticate", "Bearer")] if status == 401 else named


def _faults() -> Iterator[tuple[str | tuple[str, ...], str]]:
    yield _NOT_ALLOWED, "model_not_allowed"
    for status, code in _BY_STATUS:
        yield f"response.code == {status}", code
    yield from _BY_FLAG
    yield "response.code_details == 'overload'", "overloaded"  # the overload manager sets no flag
    yield "response.code >= 400 && response.code < 500", "bad_request"
    yield "response.code >= 500", "internal_error"


def _dialect(when: str, shape: Shape) -> str:
    return f"{when} && {_SPOKEN[shape]}" if shape in _SPOKEN else when


def _cel(expression: str) -> accesslog.AccessLogFilter:
    extension = accesslog.ExtensionFilter(name="cel", typed_config=pack(ExpressionFilter(expression=expression)))
    return accesslog.AccessLogFilter(extension_filter=extension)


def _flagged(flags: tuple[str, ...], shape: Shape) -> accesslog.AccessLogFilter:
    flag = accesslog.AccessLogFilter(response_flag_filter=accesslog.ResponseFlagFilter(flags=list(flags)))
    if shape not in _SPOKEN:
        return flag
    return accesslog.AccessLogFilter(and_filter=accesslog.AndFilter(filters=[flag, _cel(_SPOKEN[shape])]))


def _body(shape: Shape, message: str, kind: str, code: str) -> core.SubstitutionFormatString:
    body = _SHAPED[shape](message, kind, code)
    body["request_id"] = _REQUEST_ID
    return core.SubstitutionFormatString(json_format=plain.struct(body), content_type="application/json")


def _anthropic(message: str, kind: str, code: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message, "code": code}}


def _gemini(message: str, kind: str, code: str) -> dict[str, Any]:
    reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code, "domain": "plano"}
    return {"error": {"code": "%RESPONSE_CODE%", "message": message, "status": kind, "details": [reason]}}


def _openai(message: str, kind: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


_SHAPED = {"anthropic": _anthropic, "gemini": _gemini, "openai": _openai}
