"""ext_proc: asks the sidecar, once, for what the configuration leaves open. Off except on the route of such calls.

Headers only: the body went into metadata before (see `request_reader`), so one message each way is enough, the stream
closes at once, and nothing is held while an answer streams. A sidecar that fails, hangs or says nothing leaves the
request as it was; `apply_decision` then does what the listener is configured for.
"""

from __future__ import annotations

from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.extensions.filters.http.ext_proc import v3
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter
from envoy_data_plane.envoy.extensions.retry.host.previous_hosts.v3 import PreviousHostsPredicate
from envoy_data_plane.envoy.type.matcher.v3 import ListStringMatcher, StringMatcher

from control_plane.gateway import Decision
from control_plane.xds import plain
from control_plane.xds.any import Packed, pack
from control_plane.xds.filters.http_filter import http_filter
from schemas import names

NAME = "plano.decide"
_HANGS_AFTER_S = 1.0
_MARGIN_S = 5.0


def ask(listener: str, decision: Decision, secret_headers: tuple[str, ...]) -> HttpFilter:
    """The sidecar may take the router's deadline and a second; a chain of agents asks for more time, up to its own."""
    config = v3.ExternalProcessor(
        grpc_service=core.GrpcService(
            envoy_grpc=core.GrpcServiceEnvoyGrpc(cluster_name=names.SIDECAR_CLUSTER),
            initial_metadata=[core.HeaderValue(key=names.LISTENER_METADATA, value=listener)],
            retry_policy=_ask_another(),
        ),
        failure_mode_allow=True,
        processing_mode=_headers_only(),
        message_timeout=plain.seconds(decision.deadline_s + _HANGS_AFTER_S),
        max_message_timeout=plain.seconds(decision.total_s + _MARGIN_S),
        forward_rules=v3.HeaderForwardingRules(disallowed_headers=_exactly(secret_headers)),
        metadata_options=v3.MetadataOptions(
            forwarding_namespaces=v3.MetadataOptionsMetadataNamespaces(untyped=[names.REQUEST, names.CALLER]),
            receiving_namespaces=v3.MetadataOptionsMetadataNamespaces(untyped=[names.DECISION, names.ATTEMPTS]),
        ),
        # Routing follows from metadata alone, see `apply_decision`.
        route_cache_action=v3.ExternalProcessorRouteCacheAction.RETAIN,
    )
    return http_filter(NAME, config)


def _ask_another() -> core.RetryPolicy:
    """A worker that breaks off before it said anything has decided nothing, so another one may be asked: once, for a
    request that breaks workers must not reach all of them. Envoy keeps 64 KB for that; larger bodies are asked once.
    """
    elsewhere = core.RetryPolicyRetryHostPredicate(
        name="envoy.retry_host_predicates.previous_hosts", typed_config=pack(PreviousHostsPredicate())
    )
    return core.RetryPolicy(
        retry_on="connect-failure,refused-stream,reset",
        num_retries=1,
        retry_back_off=core.BackoffStrategy(base_interval=plain.seconds(0.001), max_interval=plain.seconds(0.01)),
        retry_host_predicate=[elsewhere],
        # The dead one has no requests, which a choice by the fewest of them likes: often picked, often passed over.
        host_selection_retry_max_attempts=20,
    )


def off() -> Packed:
    return pack(v3.ExtProcPerRoute(disabled=True))


def on() -> Packed:
    return pack(v3.ExtProcPerRoute(overrides=v3.ExtProcOverrides(processing_mode=_headers_only())))


def _headers_only() -> v3.ProcessingMode:
    send, skip = v3.ProcessingModeHeaderSendMode.SEND, v3.ProcessingModeHeaderSendMode.SKIP
    return v3.ProcessingMode(
        request_header_mode=send,
        response_header_mode=skip,
        request_trailer_mode=skip,
        response_trailer_mode=skip,
    )


def _exactly(texts: tuple[str, ...]) -> ListStringMatcher:
    return ListStringMatcher(patterns=[StringMatcher(exact=text) for text in texts])
