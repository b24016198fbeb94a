"""jwt_authn: checks tokens and leaves their claims in metadata. `caller_auth`, which also knows keys, refuses."""

from __future__ import annotations

from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.route.v3 import RouteMatch
from envoy_data_plane.envoy.extensions.filters.http.jwt_authn import v3
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter
from envoy_data_plane.google.protobuf import Empty

from control_plane.gateway import CallerJwt
from control_plane.xds import plain
from control_plane.xds.filters.http_filter import http_filter

_FETCH_TIMEOUT_S = 5
_CACHE_S = 600


def tokens(issuers: tuple[CallerJwt, ...]) -> HttpFilter:
    any_issuer = [v3.JwtRequirement(provider_name=jwt.name) for jwt in issuers]
    optional = v3.JwtRequirement(allow_missing_or_failed=Empty())
    requirement = v3.JwtRequirement(requires_any=v3.JwtRequirementOrList(requirements=[*any_issuer, optional]))
    rule = v3.RequirementRule(match=RouteMatch(prefix="/"), requires=requirement)
    config = v3.JwtAuthentication(providers={jwt.name: _provider(jwt) for jwt in issuers}, rules=[rule])
    return http_filter("envoy.filters.http.jwt_authn", config)


def _provider(jwt: CallerJwt) -> v3.JwtProvider:
    provider = v3.JwtProvider(
        issuer=jwt.issuer,
        audiences=list(jwt.audiences),
        payload_in_metadata=jwt.name,
        forward=False,
        require_expiration=True,
    )
    if jwt.jwks_file is not None:
        provider.local_jwks = core.DataSource(filename=jwt.jwks_file)
    else:
        provider.remote_jwks = _remote(jwt)
    return provider


def _remote(jwt: CallerJwt) -> v3.RemoteJwks:
    """Fetched before the listener opens, kept, and fetched again in the background."""
    uri = core.HttpUri(uri=jwt.jwks_uri or "", cluster=jwt.jwks_cluster, timeout=plain.seconds(_FETCH_TIMEOUT_S))
    return v3.RemoteJwks(
        http_uri=uri, cache_duration=plain.seconds(_CACHE_S), async_fetch=v3.JwksAsyncFetch(fast_listener=False)
    )
