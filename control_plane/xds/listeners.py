"""One Envoy listener per listener of the plan: limits, TLS, the HTTP connection manager."""

from __future__ import annotations

from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.listener import v3
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager import v3 as hcm
from envoy_data_plane.envoy.extensions.http.early_header_mutation.header_mutation.v3 import HeaderMutation
from envoy_data_plane.envoy.extensions.request_id.uuid.v3 import UuidRequestIdConfig

from control_plane.deployment import Deployment
from control_plane.gateway import Gateway, Listener, Models, Timeouts
from control_plane.xds import access_log, decision_stats, local_replies, plain, tls, tracing
from control_plane.xds.any import pack
from control_plane.xds.filters import header_mutation, order
from control_plane.xds.needs import Needs
from control_plane.xds.routes import route_configuration
from schemas import names

_BUFFER_BYTES = 1 << 20
_STREAM_WINDOW_BYTES = 64 << 10
_CONNECTION_WINDOW_BYTES = 1 << 20
_LEAST_IDLE_S = 300.0
_IDLE_MARGIN_S = 30.0
# Nobody outside may set what we and Envoy say to each other.
_OURS = ("x-envoy-", names.INTERNAL_PREFIX)


def listener(plan: Listener, gateway: Gateway, deployment: Deployment, needs: Needs) -> v3.Listener:
    manager = _manager(plan, gateway, deployment, needs)
    network = v3.Filter(name="envoy.filters.network.http_connection_manager", typed_config=pack(manager))
    chain = v3.FilterChain(filters=[network], transport_socket=tls.downstream(plan.tls) if plan.tls else None)
    return v3.Listener(
        name=plan.name,
        address=plain.socket(plan.address, plan.port),
        filter_chains=[chain],
        per_connection_buffer_limit_bytes=_BUFFER_BYTES,
    )


def _manager(plan: Listener, gateway: Gateway, deployment: Deployment, needs: Needs) -> hcm.HttpConnectionManager:
    manager = hcm.HttpConnectionManager(
        stat_prefix=plan.name,
        route_config=route_configuration(plan, needs),
        http_filters=order.downstream(plan, needs),
        local_reply_config=local_replies.config(),
        server_name="plano",
        server_header_transformation=hcm.HttpConnectionManagerServerHeaderTransformation.APPEND_IF_ABSENT,
    )
    if deployment.access_log_path is not None:
        manager.access_log = [
            access_log.file_log(plan.name, deployment.access_log_path, decides=plan.decision is not None)
        ]
    if plan.decision is not None:
        manager.access_log = [*manager.access_log, decision_stats.stats_log(plan.name)]
    if gateway.tracing is not None:
        manager.tracing = tracing.config(gateway.tracing, decides=plan.decision is not None)
    _bound_times(manager, plan)
    _harden(manager, deployment)
    _identify(manager)
    return manager


def _bound_times(manager: hcm.HttpConnectionManager, plan: Listener) -> None:
    """Slow uploads end; the stream's own idle limit stays above every attempt's, or failover would never happen."""
    manager.request_headers_timeout = plain.seconds(10)
    manager.request_timeout = plain.seconds(60)
    longest = max((max(t.first_byte_s, t.idle_s) for t in _timeouts(plan)), default=0.0)
    manager.stream_idle_timeout = plain.seconds(max(_LEAST_IDLE_S, longest + _IDLE_MARGIN_S))


def _timeouts(plan: Listener) -> list[Timeouts]:
    if isinstance(plan.serves, Models):
        return [route.timeouts for route in plan.serves.routes]
    return [plan.serves.timeouts]


def _harden(manager: hcm.HttpConnectionManager, deployment: Deployment) -> None:
    manager.use_remote_address = True
    manager.xff_num_trusted_hops = deployment.trusted_hops
    manager.normalize_path = True
    manager.merge_slashes = True
    manager.path_with_escaped_slashes_action = hcm.HttpConnectionManagerPathWithEscapedSlashesAction.REJECT_REQUEST
    manager.common_http_protocol_options = core.HttpProtocolOptions(
        idle_timeout=plain.seconds(900),
        headers_with_underscores_action=core.HttpProtocolOptionsHeadersWithUnderscoresAction.REJECT_REQUEST,
    )
    manager.http2_protocol_options = core.Http2ProtocolOptions(
        max_concurrent_streams=100,
        initial_stream_window_size=_STREAM_WINDOW_BYTES,
        initial_connection_window_size=_CONNECTION_WINDOW_BYTES,
    )
    manager.early_header_mutation_extensions = [_strip_ours()]


def _strip_ours() -> core.TypedExtensionConfig:
    mutation = HeaderMutation(mutations=header_mutation.early(_OURS))
    return core.TypedExtensionConfig(
        name="envoy.http.early_header_mutation.header_mutation", typed_config=pack(mutation)
    )


def _identify(manager: hcm.HttpConnectionManager) -> None:
    """Every answer carries x-request-id: the client's own where it sent one, unchanged, else a fresh one."""
    manager.preserve_external_request_id = True
    manager.always_set_request_id_in_response = True
    manager.request_id_extension = hcm.RequestIdExtension(
        typed_config=pack(UuidRequestIdConfig(pack_trace_reason=False))
    )
