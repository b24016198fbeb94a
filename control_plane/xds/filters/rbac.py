"""rbac: which caller may name which model. Placed after the model is known, so nothing can move the request later.

What is not listed is denied: a policy names a caller and the models it may use; a caller without an allowance has its
own policy; GET and OPTIONS are free, because routing lets them reach nothing but the gateway's own pages, and so are
requests that routing refuses anyway.
"""

from __future__ import annotations

from envoy_data_plane.envoy.config.rbac import v3 as policy
from envoy_data_plane.envoy.config.route.v3 import HeaderMatcher
from envoy_data_plane.envoy.extensions.filters.http.rbac.v3 import Rbac
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter
from envoy_data_plane.envoy.type.matcher import v3 as matcher

from control_plane.gateway import Allowance, Auth
from control_plane.xds.access_log import CALLER
from control_plane.xds.filters.http_filter import http_filter
from control_plane.xds.matching import KEY, NAMED, RANKED, REFUSED, UNNAMED


def allow_lists(auth: Auth) -> HttpFilter:
    reads = policy.Policy(principals=[policy.Principal(any=True)], permissions=[_not_post()])
    policies = {"reads": reads, "unlisted": _policy(_none_of(auth))}
    for number, allowance in enumerate(auth.allowances):
        ids = policy.PrincipalSet(ids=[_caller(allowance), _asks_for(allowance)])
        policies[f"allowance-{number:03}"] = _policy(policy.Principal(and_ids=ids))
    rules = policy.Rbac(action=policy.RbacAction.ALLOW, policies=policies)
    return http_filter("envoy.filters.http.rbac", Rbac(rules=rules))


def _policy(who: policy.Principal) -> policy.Policy:
    """Filter state can only be asked as a principal, so what is asked for stands beside who asks."""
    return policy.Policy(principals=[who], permissions=[policy.Permission(any=True)])


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


def _asks_for(allowance: Allowance) -> policy.Principal:
    names = [*(NAMED + name for name in allowance.exact), *((UNNAMED,) if allowance.default else ())]
    # The sidecar ranks only what the caller may have.
    prefixes = [REFUSED, RANKED, "/", *(NAMED + prefix for prefix in allowance.prefixes)]
    keys = [*(matcher.StringMatcher(exact=n) for n in names), *(matcher.StringMatcher(prefix=p) for p in prefixes)]
    asked = [policy.Principal(filter_state=matcher.FilterStateMatcher(key=KEY, string_match=key)) for key in keys]
    return policy.Principal(or_ids=policy.PrincipalSet(ids=asked))


def _metadata(namespace: str, key: str, value: matcher.StringMatcher) -> matcher.MetadataMatcher:
    return matcher.MetadataMatcher(
        filter=namespace,
        path=[matcher.MetadataMatcherPathSegment(key=key)],
        value=matcher.ValueMatcher(string_match=value),
    )
