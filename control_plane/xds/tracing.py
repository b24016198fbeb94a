"""Envoy's own spans, sent by OTLP over gRPC; the caller's sampling decision is respected."""

from __future__ import annotations

from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.trace import v3 as trace
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager import v3 as hcm
from envoy_data_plane.envoy.type.metadata import v3 as metadata
from envoy_data_plane.envoy.type.tracing.v3 import CustomTag, CustomTagLiteral, CustomTagMetadata
from envoy_data_plane.envoy.type.v3 import Percent

from control_plane.gateway import Tracing
from control_plane.xds import plain
from control_plane.xds.any import pack
from control_plane.xds.clusters import TRACING_CLUSTER
from schemas import names

_SERVICE = "plano"


def config(tracing: Tracing, *, decides: bool = False) -> hcm.HttpConnectionManagerTracing:
    """One server span a request and one client span an attempt. `decides`: the span also tells what the sidecar
    decided."""
    return hcm.HttpConnectionManagerTracing(
        random_sampling=Percent(value=float(tracing.sampling_percent)),
        custom_tags=[*(_literal(name, value) for name, value in tracing.tags), *(_decided() if decides else ())],
        provider=trace.TracingHttp(name="envoy.tracers.opentelemetry", typed_config=pack(_exporter())),
        spawn_upstream_span=True,
    )


def _exporter() -> trace.OpenTelemetryConfig:
    service = core.GrpcService(
        envoy_grpc=core.GrpcServiceEnvoyGrpc(cluster_name=TRACING_CLUSTER), timeout=plain.seconds(1)
    )
    return trace.OpenTelemetryConfig(grpc_service=service, service_name=_SERVICE)


def _literal(name: str, value: str) -> CustomTag:
    return CustomTag(tag=name, literal=CustomTagLiteral(value=value))


def _decided() -> list[CustomTag]:
    """Attributes of the decision, absent where nothing was decided."""
    kind = metadata.MetadataKind(request=metadata.MetadataKindRequest())
    return [CustomTag(tag=tag, metadata=_of_decision(kind, field)) for field, tag in names.SPAN_ATTRIBUTES.items()]


def _of_decision(kind: metadata.MetadataKind, field: str) -> CustomTagMetadata:
    segments = [metadata.MetadataKeyPathSegment(key=field)]
    return CustomTagMetadata(kind=kind, metadata_key=metadata.MetadataKey(key=names.DECISION, path=segments))
