"""One Envoy cluster per provider account or agent: address, TLS, protocol, the filters of an attempt."""

from __future__ import annotations

import ipaddress

from envoy_data_plane.envoy.config.cluster import v3
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.endpoint import v3 as endpoint
from envoy_data_plane.envoy.extensions.clusters.common.dns.v3 import DnsLookupFamily
from envoy_data_plane.envoy.extensions.clusters.dns import v3 as dns
from envoy_data_plane.envoy.extensions.upstreams.http import v3 as http

from control_plane.gateway import Cluster, Tracing
from control_plane.xds import plain, tls
from control_plane.xds.any import pack
from control_plane.xds.filters import order
from control_plane.xds.needs import Needs

HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
TRACING_CLUSTER = "plano_tracing"
# A cluster at its limit answers 503 without failover, so there is no limit here; the listener's connection limit holds.
_NO_LIMIT = 1_000_000_000
_BUFFER_BYTES = 1 << 20
_IDLE_S = 60
_RESOLVE_S = 30
_STREAM_WINDOW_BYTES = 1 << 20
_CONNECTION_WINDOW_BYTES = 4 << 20


def provider(cluster: Cluster, needs: Needs) -> v3.Cluster:
    built = _base(cluster.name, cluster.host, cluster.port, cluster.http_host, cluster.connect_timeout_s)
    if cluster.tls is not None:
        built.transport_socket = tls.upstream(cluster.tls)
    built.typed_extension_protocol_options = {HTTP_OPTIONS: pack(_protocol(cluster, needs))}
    built.metadata = plain.metadata("plano", {"provider": cluster.provider, "interface": cluster.interface})
    return built


def collector(tracing: Tracing) -> v3.Cluster:
    """Where spans go; plain HTTP/2, as OTLP collectors listen on a private network."""
    built = _base(TRACING_CLUSTER, tracing.host, tracing.port, "", 1.0)
    explicit = http.HttpProtocolOptionsExplicitHttpConfig(http2_protocol_options=core.Http2ProtocolOptions())
    built.typed_extension_protocol_options = {
        HTTP_OPTIONS: pack(http.HttpProtocolOptions(explicit_http_config=explicit))
    }
    return built


def _base(name: str, host: str, port: int, http_host: str, connect_timeout_s: float) -> v3.Cluster:
    literal = _is_address(host)
    built = v3.Cluster(
        name=name,
        connect_timeout=plain.seconds(connect_timeout_s),
        per_connection_buffer_limit_bytes=_BUFFER_BYTES,
        circuit_breakers=_breakers(),
        load_assignment=_endpoints(name, host, port, http_host, literal),
        upstream_connection_options=v3.UpstreamConnectionOptions(tcp_keepalive=core.TcpKeepalive(keepalive_time=60)),
    )
    if literal:
        built.type = v3.ClusterDiscoveryType.STATIC
    else:
        built.cluster_type = v3.ClusterCustomClusterType(name="envoy.cluster.dns", typed_config=pack(_names()))
    return built


def _names() -> dns.DnsCluster:
    """Every address of a name is a host; a name that fails is asked again soon."""
    return dns.DnsCluster(
        dns_refresh_rate=plain.seconds(_RESOLVE_S),
        dns_failure_refresh_rate=dns.DnsClusterRefreshRate(
            base_interval=plain.seconds(1), max_interval=plain.seconds(10)
        ),
        dns_lookup_family=DnsLookupFamily.V4_PREFERRED,
    )


def _endpoints(name: str, host: str, port: int, http_host: str, literal: bool) -> endpoint.ClusterLoadAssignment:
    """A name that does not resolve leaves no host, and Envoy never retries then: hence one that refuses at once."""
    localities = [_locality(host, port, http_host, 0)]
    if not literal:
        localities.append(_locality("127.0.0.1", 0, http_host, 1))
    return endpoint.ClusterLoadAssignment(cluster_name=name, endpoints=localities)


def _locality(host: str, port: int, http_host: str, priority: int) -> endpoint.LocalityLbEndpoints:
    place = endpoint.Endpoint(address=plain.socket(host, port), hostname=http_host)
    return endpoint.LocalityLbEndpoints(lb_endpoints=[endpoint.LbEndpoint(endpoint=place)], priority=priority)


def _breakers() -> v3.CircuitBreakers:
    thresholds = v3.CircuitBreakersThresholds(
        max_connections=_NO_LIMIT, max_pending_requests=_NO_LIMIT, max_requests=_NO_LIMIT, max_retries=_NO_LIMIT
    )
    return v3.CircuitBreakers(thresholds=[thresholds])


def _protocol(cluster: Cluster, needs: Needs) -> http.HttpProtocolOptions:
    options = http.HttpProtocolOptions(
        common_http_protocol_options=core.HttpProtocolOptions(idle_timeout=plain.seconds(_IDLE_S)),
        http_filters=order.upstream(cluster, needs),
    )
    if cluster.tls is None:
        plaintext = core.Http1ProtocolOptions()
        options.explicit_http_config = http.HttpProtocolOptionsExplicitHttpConfig(http_protocol_options=plaintext)
    else:
        options.auto_config = http.HttpProtocolOptionsAutoHttpConfig(
            http_protocol_options=core.Http1ProtocolOptions(), http2_protocol_options=_http2()
        )
    return options


def _http2() -> core.Http2ProtocolOptions:
    return core.Http2ProtocolOptions(
        max_concurrent_streams=100,
        initial_stream_window_size=_STREAM_WINDOW_BYTES,
        initial_connection_window_size=_CONNECTION_WINDOW_BYTES,
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
