"""Which filters a chain has, and in which order. The order is behaviour: read the reasons before changing it.

A filter that a listener or a cluster does not need is not in its chain.
"""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.gateway import Cluster, KeyCredential, Listener, Models, SigV4Credential
from control_plane.xds.filters import (
    aws_request_signing,
    buffer,
    credential_injector,
    header_mutation,
    json_to_metadata,
    router,
    set_filter_state,
    sse_to_metadata,
    upstream_codec,
)
from control_plane.xds.needs import Needs


def downstream(listener: Listener, needs: Needs) -> list[HttpFilter]:
    model = isinstance(listener.serves, Models)
    chain = []
    # 1. Before anything reads a byte of the body: no caller without a credential costs memory.
    # 3. The limit comes before every filter that reads the body, and lets a retry replay it.
    chain.append(buffer.body_limit(listener.max_body_bytes))
    # 4. The model; then the route is chosen once more, now with it.
    if model:
        chain.append(json_to_metadata.model_of_body(multipart=False))
    chain.append(set_filter_state.routing_keys(model=model))
    # 6. Watches the answer only.
    if needs.allow_wip:
        chain.append(sse_to_metadata.stream_usage())
    chain.append(router.router())
    return chain


def upstream(cluster: Cluster, needs: Needs) -> list[HttpFilter]:
    """Runs once per attempt, on the headers the attempt before left behind."""
    # 1. Strip first: no provider sees another's key.
    chain = [header_mutation.account_headers(cluster, needs.stripped)]
    credential = cluster.credential
    if isinstance(credential, KeyCredential):
        chain.append(credential_injector.key(credential))
    # 4. Signs what is really sent, so nothing may change a header or the body after it.
    if isinstance(credential, SigV4Credential):
        chain.append(aws_request_signing.sigv4(credential, cluster.http_host))
    chain.append(upstream_codec.codec())
    return chain
