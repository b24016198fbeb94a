"""Every answer Envoy makes itself, in the client's dialect.

Two sources: refusing routes, whose metadata `plano.error` says everything, and Envoy's own faults, recognised by status
and response flag. Never shows Envoy's internal reason to a client; the access log has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from envoy_data_plane.envoy.config.accesslog import v3 as accesslog
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.extensions.access_loggers.filters.cel.v3 import ExpressionFilter
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager import v3 as hcm

from control_plane.xds import plain
from control_plane.xds.any import pack
from schemas import errors

ERROR = "plano.error"
_REQUEST_ID = "%REQUEST_HEADER(x-request-id)%"
# An attempt may have changed the path; the client's own stays in filter state (as bytes, which know no startsWith).
_SPEAKS_ANTHROPIC = (
    "(request.path.startsWith('/v1/messages') || "
    "('plano.path' in filter_state && "
    "filter_state['plano.path'] in [b'/v1/messages', b'/v1/messages/count_tokens']))"
)
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
    for anthropic in (True, False):
        yield _refusal(anthropic)
    for when, code in _faults():
        for anthropic in (True, False):
            yield _fault(when, errors.BY_CODE[code], anthropic)


def _refusal(anthropic: bool) -> hcm.ResponseMapper:
    """Answers of refusing routes: code and types come from the route's metadata, the text is its body."""
    dialect = "anthropic" if anthropic else "openai"
    body = _body(
        anthropic, "%LOCAL_REPLY_BODY%", f"%METADATA(ROUTE:{ERROR}:{dialect})%", f"%METADATA(ROUTE:{ERROR}:code)%"
    )
    return hcm.ResponseMapper(
        filter=_cel(_dialect(_REFUSED, anthropic)), body_format_override=body, headers_to_add=_headers(anthropic)
    )


def _fault(when: str | tuple[str, ...], error: errors.GatewayError, anthropic: bool) -> hcm.ResponseMapper:
    kind = error.anthropic_type if anthropic else error.openai_type
    return hcm.ResponseMapper(
        filter=_flagged(when, anthropic) if isinstance(when, tuple) else _cel(_dialect(when, anthropic)),
        status_code=error.status,
        body_format_override=_body(anthropic, error.message, kind, error.code),
        headers_to_add=_headers(anthropic, error.status),
    )


def _headers(anthropic: bool, status: int = 0) -> list[core.HeaderValueOption]:
    """Anthropic's clients read the request id from a header of their own."""
    named = [plain.set_header("request-id", _REQUEST_ID)] if anthropic else []
    return [*named, plain.set_header("www-authenticate", "Bearer")] if status == 401 else named


def _faults() -> Iterator[tuple[str | tuple[str, ...], str]]:
    yield _NOT_ALLOWED, "model_not_allowed"
    for status, code in _BY_STATUS:
        yield f"response.code == {status}", code
    yield from _BY_FLAG
    yield "response.code_details == 'overload'", "overloaded"  # the overload manager sets no flag
    yield "response.code >= 400 && response.code < 500", "bad_request"
    yield "response.code >= 500", "internal_error"


def _dialect(when: str, anthropic: bool) -> str:
    return f"{when} && {_SPEAKS_ANTHROPIC}" if anthropic else when


def _cel(expression: str) -> accesslog.AccessLogFilter:
    extension = accesslog.ExtensionFilter(name="cel", typed_config=pack(ExpressionFilter(expression=expression)))
    return accesslog.AccessLogFilter(extension_filter=extension)


def _flagged(flags: tuple[str, ...], anthropic: bool) -> accesslog.AccessLogFilter:
    flag = accesslog.AccessLogFilter(response_flag_filter=accesslog.ResponseFlagFilter(flags=list(flags)))
    if not anthropic:
        return flag
    return accesslog.AccessLogFilter(and_filter=accesslog.AndFilter(filters=[flag, _cel(_SPEAKS_ANTHROPIC)]))


def _body(anthropic: bool, message: str, kind: str, code: str) -> core.SubstitutionFormatString:
    shape: dict[str, Any] = (
        {"type": "error", "error": {"type": kind, "message": message, "code": code}}
        if anthropic
        else {"error": {"message": message, "type": kind, "param": None, "code": code}}
    )
    shape["request_id"] = _REQUEST_ID
    return core.SubstitutionFormatString(json_format=plain.struct(shape), content_type="application/json")
