"""The tracing section -> where Envoy sends spans, None when nothing is sampled."""

from __future__ import annotations

from control_plane import config
from control_plane.gateway import Tracing
from control_plane.plan.providers import address_of

ENDPOINT = "http://localhost:4317"


def tracing(whole: config.Config) -> Tracing | None:
    """Static span attributes become tags; attributes copied from headers are not planned."""
    written = whole.tracing
    if written is None or not written.random_sampling:
        return None
    address = address_of(written.opentracing_grpc_endpoint or ENDPOINT)
    static = (written.span_attributes or {}).get("static") or {}
    return Tracing(
        host=address.host,
        port=address.port,
        sampling_percent=written.random_sampling,
        tags=tuple((str(name), str(value)) for name, value in sorted(static.items())),
    )
