"""How Envoy and the sidecar reach each other: a cluster of its workers, and a listener for its own calls.

All on unix sockets: nothing of this can be reached from outside the machine.
"""

from __future__ import annotations

from envoy_data_plane.envoy.config.cluster import v3 as cluster
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.endpoint import v3 as endpoint
from envoy_data_plane.envoy.config.listener import v3 as listener
from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager import v3 as hcm
from envoy_data_plane.envoy.extensions.upstreams.http import v3 as http
from envoy_data_plane.xds.type.matcher import v3 as xds

from control_plane.deployment import Deployment
from control_plane.gateway import Gateway, Outbound
from control_plane.xds import access_log, accounts, matching, plain, tracing
from control_plane.xds.any import pack
from control_plane.xds.clusters import HTTP_OPTIONS
from control_plane.xds.filters import router
from control_plane.xds.model_routes import forward, retry_policy
from schemas import names

INTERNAL = "plano_internal"
_OWNER_ONLY = 0o600
_NO_LIMIT = (1 << 31) - 1
_BUFFER_BYTES = 48 << 20
_WINDOW_BYTES = 16 << 20
_BACKLOG = 4096


def needed(gateway: Gateway) -> bool:
    return any(each.decision is not None for each in gateway.listeners)


def workers(deployment: Deployment) -> cluster.Cluster:
    """The workers as Envoy asks them for decisions."""
    built = worker_cluster(names.SIDECAR_CLUSTER, deployment, [])
    built.health_checks = [_health()]
    return built


def worker_cluster(name: str, deployment: Deployment, filters: list[hcm.HttpFilter]) -> cluster.Cluster:
    """One endpoint for each worker. A worker that fails a call locally is left out for a while, but never more than
    half of them; nothing is limited here, since what is over a limit would be refused."""
    thresholds = cluster.CircuitBreakersThresholds(
        max_connections=_NO_LIMIT, max_pending_requests=_NO_LIMIT, max_requests=_NO_LIMIT, max_retries=_NO_LIMIT
    )
    return cluster.Cluster(
        name=name,
        type=cluster.ClusterDiscoveryType.STATIC,
        lb_policy=cluster.ClusterLbPolicy.LEAST_REQUEST,
        # By default a worker found broken is asked for another second, until changes are gathered.
        common_lb_config=cluster.ClusterCommonLbConfig(update_merge_window=plain.seconds(0)),
        connect_timeout=plain.seconds(0.25),
        per_connection_buffer_limit_bytes=_BUFFER_BYTES,
        circuit_breakers=cluster.CircuitBreakers(thresholds=[thresholds]),
        load_assignment=endpoint.ClusterLoadAssignment(
            cluster_name=name, endpoints=[endpoint.LocalityLbEndpoints(lb_endpoints=_sockets(deployment))]
        ),
        outlier_detection=_leave_out_the_broken(),
        typed_extension_protocol_options={HTTP_OPTIONS: pack(_http2(filters))},
    )


def _sockets(deployment: Deployment) -> list[endpoint.LbEndpoint]:
    pipes = (core.Address(pipe=core.Pipe(path=path)) for path in deployment.sidecar_sockets)
    return [endpoint.LbEndpoint(endpoint=endpoint.Endpoint(address=pipe)) for pipe in pipes]


def _leave_out_the_broken() -> cluster.OutlierDetection:
    return cluster.OutlierDetection(
        split_external_local_origin_errors=True,
        consecutive_local_origin_failure=1,
        consecutive_5xx=0,
        enforcing_consecutive_5xx=0,
        consecutive_gateway_failure=3,
        enforcing_consecutive_gateway_failure=100,
        interval=plain.seconds(1),
        # A passed health check ends it earlier: nothing is lost on trying a worker that is still down.
        base_ejection_time=plain.seconds(10),
        max_ejection_time=plain.seconds(10),
        max_ejection_percent=50,
    )


def _health() -> core.HealthCheck:
    """Asks each worker by the standard protocol whether it could answer; often while it is down. One answer missed is
    enough: another worker costs nothing, and where all are busy all of them are asked.
    """
    return core.HealthCheck(
        timeout=plain.seconds(1),
        interval=plain.seconds(1),
        unhealthy_interval=plain.seconds(0.5),
        no_traffic_interval=plain.seconds(5),
        unhealthy_threshold=1,
        healthy_threshold=1,
        grpc_health_check=core.HealthCheckGrpcHealthCheck(service_name="ext_proc"),
    )


def _http2(filters: list[hcm.HttpFilter]) -> http.HttpProtocolOptions:
    """Large windows: a call carries the body of a request in one message."""
    options = core.Http2ProtocolOptions(
        initial_stream_window_size=_WINDOW_BYTES, initial_connection_window_size=_WINDOW_BYTES
    )
    return http.HttpProtocolOptions(
        explicit_http_config=http.HttpProtocolOptionsExplicitHttpConfig(http2_protocol_options=options),
        http_filters=filters,
    )


def internal(gateway: Gateway, deployment: Deployment) -> listener.Listener:
    """Where the sidecar calls agents, the router model and feeds: Envoy adds keys, TLS, retries and spans."""
    manager = hcm.HttpConnectionManager(
        stat_prefix=INTERNAL,
        route_config=route.RouteConfiguration(name=INTERNAL, virtual_hosts=[_outbounds(gateway)]),
        http_filters=[router.router()],
        stream_idle_timeout=plain.seconds(0),
        # A worker learns that an answer broke off by the closing. Waiting for it to close first is for clients across a
        # network, who could lose what they have not read.
        delayed_close_timeout=plain.seconds(0),
        preserve_external_request_id=True,
    )
    if deployment.access_log_path is not None:
        manager.access_log = [access_log.file_log(INTERNAL, deployment.access_log_path)]
    if gateway.tracing is not None:
        manager.tracing = tracing.config(gateway.tracing)
    accounts.finish_listener(manager, gateway)
    pipe = core.Pipe(path=deployment.internal_socket, mode=_OWNER_ONLY)
    network = listener.Filter(name="envoy.filters.network.http_connection_manager", typed_config=pack(manager))
    return listener.Listener(
        name=INTERNAL,
        address=core.Address(pipe=pipe),
        filter_chains=[listener.FilterChain(filters=[network])],
        per_connection_buffer_limit_bytes=_BUFFER_BYTES,
        # A chain's calls may begin many at once, and a full queue on a unix socket refuses.
        tcp_backlog_size=_BACKLOG,
    )


def _outbounds(gateway: Gateway) -> route.VirtualHost:
    built = {each.name: _route(each) for each in gateway.outbounds} | accounts.routes(gateway)
    by_name = {name: matching.to_route(each) for name, each in built.items()}
    unknown = route.Route(
        name="unknown_outbound",
        match=route.RouteMatch(prefix="/"),
        direct_response=route.DirectResponseAction(status=404),
    )
    nowhere = matching.to_route(unknown)
    source = matching.header(names.OUTBOUND_HEADER)
    matcher = matching.exact(source, by_name, nowhere) if by_name else xds.Matcher(on_no_match=nowhere)
    return route.VirtualHost(name=INTERNAL, domains=["*"], matcher=matcher)


def _route(outbound: Outbound) -> route.Route:
    action = forward(outbound.timeouts, outbound.retry.attempts, retry_policy(outbound.retry, outbound.timeouts))
    action.cluster = outbound.cluster
    prefix = outbound.path_prefix.rstrip("/")
    if prefix:
        action.prefix_rewrite = f"{prefix}/"
    return route.Route(
        name=outbound.name,
        match=route.RouteMatch(prefix="/"),
        route=action,
        request_headers_to_remove=[names.OUTBOUND_HEADER],
    )
