"""Which filters a chain has, and in which order. The order is behaviour: read the reasons before changing it.

A filter that a listener or a cluster does not need is not in its chain.
"""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.gateway import Auth, Cluster, KeyCredential, Listener, Models, SigV4Credential
from control_plane.xds.filters import (
    apply_decision,
    attempt_lua,
    aws_request_signing,
    buffer,
    caller_auth,
    credential_injector,
    decide,
    discard,
    header_mutation,
    header_to_metadata,
    jwt_authn,
    rbac,
    request_reader,
    router,
    sse_to_metadata,
    upstream_codec,
    usage,
)
from control_plane.xds.needs import Needs, passes_keys
from control_plane.xds.surface import surface


def downstream(listener: Listener, needs: Needs) -> list[HttpFilter]:
    """The chain of a listener, in the order a request meets it."""
    model = isinstance(listener.serves, Models)
    chain = []
    # 1. Nobody unknown may make the gateway hold a body; this also takes the gateway's own key off the request.
    if listener.auth is not None:
        chain += _callers(listener.auth, needs)
    # 2. What authentication left is the caller's key for a provider: out of the headers, out of the logs.
    if passes_keys(listener, needs):
        chain.append(header_to_metadata.caller_key())
    # 3. The limit stands before every filter that reads the body, and lets a retry replay the body. A body that says
    #    it is larger is thrown away before the limit, which would cut the connection in the middle of the upload.
    chain.append(discard.body())
    chain.append(buffer.body_limit(listener.max_body_bytes))
    # 4. Reads path and model, chooses the route by them.
    offered = surface(listener)
    chain.append(request_reader.routing_keys(offered, listener.decision, model=model))
    # 5. Asks the sidecar where 4 found that a decision is needed, and chooses the route by what it says: the last time,
    # nothing after this may change path or model.
    if listener.decision is not None:
        chain += [decide.ask(listener.name, listener.decision, needs.secret_headers), apply_decision.apply()]
    # 6. Judges the key the final route was chosen by.
    if listener.auth is not None and listener.auth.allowances:
        chain.append(rbac.allow_lists(listener.auth))
    # 7. Watches the answer only.
    if model and needs.token_usage:
        chain.append(usage.token_counts())
    elif model and needs.allow_wip:
        chain.append(sse_to_metadata.stream_usage())
    chain.append(router.router())
    return chain


def _callers(auth: Auth, needs: Needs) -> list[HttpFilter]:
    """Tokens first: the filter that knows the keys also knows whether a token was accepted, and refuses the rest."""
    chain = [jwt_authn.tokens(auth.jwt)] if auth.jwt else []
    return [*chain, caller_auth.known_caller(auth, needs.variables)]


def upstream(cluster: Cluster, needs: Needs) -> list[HttpFilter]:
    """Runs once per attempt, on the headers the attempt before left behind."""
    # 1. Strip first: no provider sees another's key.
    chain = [header_mutation.account_headers(cluster, needs.stripped)]
    # 2. The account's own key.
    if isinstance(cluster.credential, KeyCredential):
        chain.append(credential_injector.key(cluster.credential))
    # 3. Path, model, caller's key. Before signing, which covers path and body.
    name = cluster.name
    program = attempt_lua.attempt(
        cluster,
        rewrites=name in needs.rewrites | needs.decided,
        maps_paths=name in needs.maps_paths or (name in needs.decided and needs.decided_paths),
    )
    if program is not None:
        chain.append(program)
    if cluster.own_key_header is not None:
        chain += attempt_lua.own_key(cluster)
    # 4. Signs what is really sent: nothing may change after it.
    if isinstance(cluster.credential, SigV4Credential):
        chain.append(aws_request_signing.sigv4(cluster.credential, cluster.http_host))
    chain.append(upstream_codec.codec())
    return chain


def translated(cluster: Cluster, needs: Needs) -> list[HttpFilter]:
    """The same on the way to the sidecar, which is told what the attempt is for."""
    return [
        header_mutation.account_headers(cluster, needs.stripped),
        attempt_lua.translated(cluster),
        upstream_codec.codec(),
    ]
