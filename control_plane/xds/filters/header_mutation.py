"""header_mutation: every attempt starts by taking off what no provider may see, then sets the account's own headers.

Attempts share one header map: what the first attempt set, the second would carry to another provider. So every chain
strips every header that any chain of this configuration may set, and every credential a client may have sent.
"""

from __future__ import annotations

from collections.abc import Iterable

from envoy_data_plane.envoy.config.common.mutation_rules.v3 import HeaderMutation as Mutation
from envoy_data_plane.envoy.config.common.mutation_rules.v3 import HeaderMutationRemoveOnMatch
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.extensions.filters.http.header_mutation import v3
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter
from envoy_data_plane.envoy.type.matcher.v3 import StringMatcher

from control_plane.gateway import Cluster, Endpoint, FixedHeader, Gateway, KeyCredential, PassthroughCredential
from control_plane.xds.filters.http_filter import http_filter
from schemas import names

# x-request-id and the trace headers stay: they let a provider's support find the call, and say nothing else.
_CREDENTIALS = ("authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie")
_SIGNATURE = ("x-amz-date", "x-amz-security-token", "x-amz-content-sha256")
_VERSIONS = ("anthropic-version", "anthropic-beta")
# What Envoy adds or a proxy in front may have added. Named one by one: matching by prefix costs more per request, and
# the listener already dropped every x-envoy-* header of the client and those of ours.
_INTERNAL = (
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-client-cert",
    "x-real-ip",
    "forwarded",
    "via",
    "x-envoy-external-address",
    "x-envoy-internal",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-attempt-count",
    "x-envoy-original-path",
    # What clients tell this gateway only.
    names.CACHE_HEADER,
    names.SWITCH_HEADER,
    names.EXPLAIN_HEADER,
    names.AFFINITY_HEADER,
)
_DEFAULT_VERSION = FixedHeader(name="anthropic-version", value="2023-06-01")


def never_forwarded(gateway: Gateway) -> tuple[str, ...]:
    """Every header name a chain of this configuration must take off first, in a stable order."""
    found = [*credential_headers(gateway), *_SIGNATURE, *_INTERNAL]
    if gateway.translations:
        found += [names.ACCOUNT_HEADER, names.MODEL_HEADER, names.IDLE_HEADER, names.KEY_HEADER]
    for cluster in gateway.clusters:
        found += [header.name.lower() for header in cluster.headers]
    return tuple(name for name in dict.fromkeys(found) if name not in _VERSIONS)


def credential_headers(gateway: Gateway) -> tuple[str, ...]:
    """Headers that may hold a key of a client or a provider, in lower case."""
    found = list(_CREDENTIALS)
    for cluster in gateway.clusters:
        if isinstance(cluster.credential, KeyCredential | PassthroughCredential):
            found.append(cluster.credential.header.lower())
    for listener in gateway.listeners:
        if listener.auth is not None and listener.auth.header:
            found.append(listener.auth.header.lower())
    return tuple(dict.fromkeys(found))


def account_headers(cluster: Cluster, stripped: tuple[str, ...]) -> HttpFilter:
    """Strip, then add. A cluster that serves /v1/messages keeps the client's own Anthropic version headers, and so does
    an agent, which may."""
    speaks_anthropic = any(endpoint is Endpoint.MESSAGES for endpoint, _ in cluster.paths)
    fixed = {header.name.lower() for header in cluster.headers}
    taken = stripped if speaks_anthropic or not cluster.paths else (*stripped, *_VERSIONS)
    mutations = [Mutation(remove=name) for name in taken]
    if speaks_anthropic and _DEFAULT_VERSION.name not in fixed:
        mutations.append(_set(_DEFAULT_VERSION, core.HeaderValueOptionHeaderAppendAction.ADD_IF_ABSENT))
    overwrite = core.HeaderValueOptionHeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD
    mutations += [_set(header, overwrite) for header in cluster.headers]
    config = v3.HeaderMutation(mutations=v3.Mutations(request_mutations=mutations))
    return http_filter("envoy.filters.http.header_mutation", config)


def early(prefixes: Iterable[str]) -> list[Mutation]:
    return [_remove_prefix(prefix) for prefix in prefixes]


def _remove_prefix(prefix: str) -> Mutation:
    return Mutation(remove_on_match=HeaderMutationRemoveOnMatch(key_matcher=StringMatcher(prefix=prefix)))


def _set(header: FixedHeader, action: core.HeaderValueOptionHeaderAppendAction) -> Mutation:
    pair = core.HeaderValue(key=header.name, value=header.value)
    return Mutation(append=core.HeaderValueOption(header=pair, append_action=action))
