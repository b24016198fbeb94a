"""rbac: which caller may name which model. Placed after the model is known, so nothing can move the request later.

What is not listed is denied: a policy names a caller and the models it may use; a caller without an allowance has its
own policy; GET and OPTIONS are free, because routing lets them reach nothing but the gateway's own pages.
"""

from __future__ import annotations

from collections.abc import Iterable

from envoy_data_plane.envoy.config.rbac import v3 as policy
from envoy_data_plane.envoy.config.route.v3 import HeaderMatcher
from envoy_data_plane.envoy.extensions.filters.http.rbac.v3 import Rbac
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter
from envoy_data_plane.envoy.type.matcher import v3 as matcher

from control_plane.gateway import Allowance, Auth
from control_plane.xds.access_log import CALLER
from control_plane.xds.filters.http_filter import http_filter
from control_plane.xds.filters.json_to_metadata import REQUEST
from control_plane.xds.matching import MALFORMED, MISSING

_REFUSED_ANYWAY = (MALFORMED,)


def allow_lists(auth: Auth) -> HttpFilter:
    policies = {"reads": _policy([_anyone()], [_not_post()]), "unlisted": _policy([_none_of(auth)], [_anything()])}
    for number, allowance in enumerate(auth.allowances):
        policies[f"allowance-{number:03}"] = _policy([_caller(allowance)], [_models(allowance)])
    rules = policy.Rbac(action=policy.RbacAction.ALLOW, policies=policies)
    return http_filter("envoy.filters.http.rbac", Rbac(rules=rules))


def _policy(who: list[policy.Principal], what: list[policy.Permission]) -> policy.Policy:
    return policy.Policy(principals=who, permissions=what)


def _anyone() -> policy.Principal:
    return policy.Principal(any=True)


def _anything() -> policy.Permission:
    return policy.Permission(any=True)


def _not_post() -> policy.Permission:
    post = HeaderMatcher(name=":method", string_match=matcher.StringMatcher(exact="POST"))
    return policy.Permission(not_rule=policy.Permission(header=post))


def _caller(allowance: Allowance) -> policy.Principal:
    kind = f"key:{allowance.caller}" if allowance.caller is not None else f"token:{allowance.issuer}"
    value = _metadata(CALLER, "kind", matcher.StringMatcher(exact=kind))
    return policy.Principal(sourced_metadata=policy.SourcedMetadata(metadata_matcher=value))


def _none_of(auth: Auth) -> policy.Principal:
    listed = policy.PrincipalSet(ids=[_caller(allowance) for allowance in auth.allowances])
    return policy.Principal(not_id=policy.Principal(or_ids=listed))


def _models(allowance: Allowance) -> policy.Permission:
    names = [*allowance.exact, *_REFUSED_ANYWAY, *((MISSING,) if allowance.default else ())]
    exact = [matcher.StringMatcher(exact=name) for name in names]
    prefixes = [matcher.StringMatcher(prefix=prefix) for prefix in allowance.prefixes]
    return policy.Permission(or_rules=policy.PermissionSet(rules=list(_asks([*exact, *prefixes]))))


def _asks(values: Iterable[matcher.StringMatcher]) -> Iterable[policy.Permission]:
    for value in values:
        found = _metadata(REQUEST, "model", value)
        yield policy.Permission(sourced_metadata=policy.SourcedMetadata(metadata_matcher=found))


def _metadata(namespace: str, key: str, value: matcher.StringMatcher) -> matcher.MetadataMatcher:
    return matcher.MetadataMatcher(
        filter=namespace,
        path=[matcher.MetadataMatcherPathSegment(key=key)],
        value=matcher.ValueMatcher(string_match=value),
    )
