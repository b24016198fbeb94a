"""The access log: one flat JSON object a request. Never a prompt, an answer, or a header that may hold a credential."""

from __future__ import annotations

from envoy_data_plane.envoy.config.accesslog.v3 import AccessLog
from envoy_data_plane.envoy.config.core.v3 import SubstitutionFormatString
from envoy_data_plane.envoy.extensions.access_loggers.file.v3 import FileAccessLog

from control_plane.xds import plain
from control_plane.xds.any import pack
from control_plane.xds.filters.sse_to_metadata import USAGE
from schemas import names

CALLER = names.CALLER

_FIELDS = {
    "time": "%START_TIME%",
    "route": "%ROUTE_NAME%",
    "requested_model": "%FILTER_STATE(plano.model:PLAIN):200%",
    "path": "%FILTER_STATE(plano.path:PLAIN):200%",
    "method": "%REQUEST_HEADER(:method)%",
    "cluster": "%UPSTREAM_CLUSTER_RAW%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "status": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "duration_ms": "%DURATION%",
    "first_byte_ms": "%COMMON_DURATION(DS_RX_BEG:US_RX_BEG:ms)%",
    "input_tokens": f"%DYNAMIC_METADATA({USAGE}:input)%",
    "output_tokens": f"%DYNAMIC_METADATA({USAGE}:output)%",
    "cached_tokens": f"%DYNAMIC_METADATA({USAGE}:cached)%",
    "request_bytes": "%BYTES_RECEIVED%",
    "response_bytes": "%BYTES_SENT%",
    "request_id": "%REQUEST_HEADER(x-request-id):200%",
    "caller": f"%DYNAMIC_METADATA({CALLER}:id)%",
    "trace_id": "%TRACE_ID%",
}
_DECIDED = {
    f"decision_{field}": f"%DYNAMIC_METADATA({names.DECISION}:{field})%"
    for field in ("why", "agents", "route", "model", "confidence", "router", "ms")
}


def file_log(listener: str, path: str, *, decides: bool = False) -> AccessLog:
    """`decides`: also what the sidecar decided, and why."""
    fields = {"listener": listener, **_FIELDS, **(_DECIDED if decides else {})}
    form = SubstitutionFormatString(json_format=plain.struct(fields))
    log = FileAccessLog(path=path, log_format=form)
    return AccessLog(name="envoy.access_loggers.file", typed_config=pack(log))
