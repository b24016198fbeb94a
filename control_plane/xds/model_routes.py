"""The routes of a model gateway: from the requested model's name to the attempts made for it.

Kept small because they are the part of a bootstrap that grows: what most routes share (the retry policy) stands once
on the virtual host, a route that serves every endpoint needs no endpoint matcher.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.envoy.extensions.filters.http.lua.v3 import LuaPerRoute
from envoy_data_plane.xds.type.matcher import v3 as xds

from control_plane.gateway import NO_MODEL, OFFERED, Endpoint, ModelRoute, Models, Retry, Target, Timeouts, Variant
from control_plane.xds import matching, plain, refusals
from control_plane.xds.any import pack
from control_plane.xds.copies import Groups, separated
from control_plane.xds.needs import Needs
from control_plane.xds.priority_group import ClusterWeight, PriorityGroup, PriorityGroupClusterSpecifier
from schemas import names

REWRITE = "plano.rewrite"
TRANSLATE = "plano.translate"
_FAIL_OVER = [route.HeaderMatcher(name=names.FAIL_OVER_HEADER, present_match=True)]
_FEW = 3
_SOON_S, _LATER_S = 0.025, 0.25
_IDLE_MARGIN_S = 5.0


def models_by_key(models: Models, needs: Needs) -> dict[str, xds.MatcherOnMatch]:
    """The routes of exact names, and of a call that names no model."""
    by_name, shared = {chosen.name: chosen for chosen in models.routes}, _commonest(models)
    unknown = matching.to_route(refusals.refusal("model_not_found"))
    keys = {matching.NAMED + prefix + rest: unknown for prefix, _ in models.prefixes for rest in NO_MODEL}
    keys |= {matching.NAMED + name: _serve(by_name[key], shared, needs, forced=False) for name, key in models.exact}
    keys[matching.UNNAMED] = (
        _serve(by_name[models.default], shared, needs, forced=True)
        if models.default is not None
        else matching.to_route(refusals.refusal("missing_model"))
    )
    return keys


def by_prefix(models: Models, needs: Needs) -> dict[str, xds.MatcherOnMatch]:
    """The routes of wildcards; the longest prefix wins, and the shortest of all is that of an unknown model."""
    by_name, shared = {chosen.name: chosen for chosen in models.routes}, _commonest(models)
    keys = {matching.NAMED: matching.to_route(refusals.refusal("model_not_found"))}
    for prefix, key in models.prefixes:
        keys[matching.NAMED + prefix] = _serve(by_name[key], shared, needs, forced=False)
    return keys


def _serve(chosen: ModelRoute, shared: _Policy | None, needs: Needs, *, forced: bool) -> xds.MatcherOnMatch:
    """The outcome of most endpoints stands last and unasked: only calls get here, so the others are all there is."""
    outcomes = [(v.endpoints, _route(chosen, v, shared, needs, forced)) for v in chosen.variants]
    served = set(chain.from_iterable(endpoints for endpoints, _ in outcomes))
    unserved = tuple(endpoint for endpoint in OFFERED if endpoint not in served)
    if unserved:
        outcomes.append((unserved, refusals.refusal("translation_required")))
    last = max(outcomes, key=lambda outcome: len(outcome[0]))
    cases = [(_at(endpoints), matching.to_route(then)) for endpoints, then in outcomes if then is not last[1]]
    return matching.nested(matching.first(cases, matching.to_route(last[1]))) if cases else matching.to_route(last[1])


def _at(endpoints: Sequence[Endpoint]) -> matching.Predicate:
    """One regular expression is shorter and quicker than many comparisons."""
    source = matching.state(matching.PATH)
    if len(endpoints) <= _FEW:
        return matching.any_of(matching.equals(source, endpoint.value) for endpoint in endpoints)
    return matching.one_of(source, [endpoint.value for endpoint in endpoints])


def _route(chosen: ModelRoute, variant: Variant, shared: _Policy | None, needs: Needs, forced: bool) -> route.Route:
    retry = _retry(chosen.retry, variant)
    policy = (retry, chosen.timeouts.first_byte_s, chosen.timeouts.idle_s)
    groups = separated(variant.groups)
    return route.Route(
        name=chosen.name,
        match=route.RouteMatch(prefix="/"),
        metadata=_rewrite(groups, forced, chosen.timeouts),
        typed_per_filter_config=_unneeded(groups, forced, needs),
        route=_action(
            groups, chosen.timeouts, retry, None if policy == shared else retry_policy(retry, chosen.timeouts)
        ),
    )


def _retry(usual: Retry, variant: Variant) -> Retry:
    """Where something is translated: a worker of the sidecar that is gone is no provider that failed, and the sidecar
    says which of a provider's refusals another provider may not share."""
    if not any(target.translated for group in variant.groups for target in group):
        return usual
    if not usual.attempts:
        on = ("connect-failure", "refused-stream")
        return replace(usual, attempts=1, on=on, backoff_base_s=_SOON_S, backoff_max_s=_LATER_S)
    return replace(usual, on=(*usual.on, "retriable-headers"))


def _action(groups: Groups, timeouts: Timeouts, retry: Retry, policy: route.RetryPolicy | None) -> route.RouteAction:
    action = forward(timeouts, retry.attempts, policy)
    if len(groups) == 1 and len(groups[0]) == 1:
        action.cluster = groups[0][0].cluster
    else:
        action.inline_cluster_specifier_plugin = _attempts(groups)
    return action


def forward(timeouts: Timeouts, attempts: int, retry: route.RetryPolicy | None) -> route.RouteAction:
    """A forwarding action that still lacks its cluster. No total limit unless asked for: streams may be long.

    The idle limit of the route sees silence before the first byte too, so it must leave room for `attempts` retries.
    """
    silence_s = max(timeouts.idle_s, (attempts + 1) * timeouts.first_byte_s + _IDLE_MARGIN_S * bool(attempts))
    return route.RouteAction(
        timeout=plain.seconds(timeouts.total_s or 0),
        idle_timeout=plain.seconds(silence_s),
        auto_host_rewrite=True,
        retry_policy=retry,
    )


def _attempts(groups: Groups) -> route.ClusterSpecifierPlugin:
    """A cluster per attempt: the groups in order, weighted inside a group."""
    rows = [PriorityGroup(name=str(i), clusters=_weights(group)) for i, group in enumerate(groups, 1)]
    specifier = PriorityGroupClusterSpecifier(priority_groups=rows)
    name = "envoy.router.cluster_specifier_plugin.priority_group"
    return route.ClusterSpecifierPlugin(extension=core.TypedExtensionConfig(name=name, typed_config=pack(specifier)))


def _weights(group: tuple[Target, ...]) -> list[ClusterWeight]:
    return [ClusterWeight(cluster_name=target.cluster, weight=max(1, target.weight)) for target in group]


def _rewrite(groups: Groups, forced: bool, timeouts: Timeouts) -> core.Metadata | None:
    """The model each cluster is to be asked for; read by the upstream Lua filters, each under its own name. `forced`:
    the client named none."""
    rewritten = [t for t in chain.from_iterable(groups) if (t.rewrite or forced) and not t.translated]
    translated = [t for t in chain.from_iterable(groups) if t.translated]
    namespaces: dict[str, dict[str, Any]] = {}
    if rewritten:
        namespaces[REWRITE] = _asked(rewritten)
    if translated:
        namespaces[TRANSLATE] = {**_asked(translated), **idle_limit(timeouts)}
    if not namespaces:
        return None
    return core.Metadata(filter_metadata={name: plain.struct(fields) for name, fields in namespaces.items()})


def idle_limit(timeouts: Timeouts) -> dict[str, Any]:
    """What the sidecar is told of the limit for silence, as text: seconds."""
    return {"idle": f"{timeouts.idle_s:g}"} if timeouts.idle_s else {}


def _asked(targets: Sequence[Target]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for target in targets:
        kind, value = ("models", target.model) if target.model is not None else ("strip", target.strip_prefix)
        fields.setdefault(kind, {})[target.cluster] = value
    return fields


def _unneeded(groups: Groups, forced: bool, needs: Needs) -> dict[str, Any]:
    """Switches the upstream Lua filter off where no attempt of the route has anything to change.

    An attempt after one that set a path must set its own, and then every cluster of the route maps paths.
    """
    targets = list(chain.from_iterable(groups))
    reached = {target.cluster for target in targets}
    works = any((target.rewrite or forced) and not target.translated for target in targets)
    able = needs.rewrites | needs.decided
    if works or reached & (needs.maps_paths | needs.passes_keys) or not reached & able:
        return {}
    return {REWRITE: pack(LuaPerRoute(disabled=True))}


_Policy = tuple[Retry, float, float]


def _commonest(models: Models) -> _Policy | None:
    counts = Counter((r.retry, r.timeouts.first_byte_s, r.timeouts.idle_s) for r in models.routes)
    return counts.most_common(1)[0][0] if counts else None


def shared_retry(models: Models) -> route.RetryPolicy | None:
    """The policy most routes have: written once, on the virtual host."""
    shared = _commonest(models)
    if shared is None:
        return None
    return retry_policy(shared[0], Timeouts(first_byte_s=shared[1], idle_s=shared[2], total_s=None))


def retry_policy(retry: Retry, timeouts: Timeouts) -> route.RetryPolicy:
    """Per-attempt limits hold also where nothing is retried. A 429's retry-after is not awaited."""
    limits: dict[str, Any] = {
        "per_try_timeout": plain.seconds(timeouts.first_byte_s),
        "per_try_idle_timeout": plain.seconds(timeouts.idle_s),
    }
    if not retry.attempts:
        return route.RetryPolicy(num_retries=0, **limits)
    return route.RetryPolicy(
        retry_on=",".join(retry.on),
        num_retries=retry.attempts,
        retriable_status_codes=list(retry.status_codes),
        retry_back_off=route.RetryPolicyRetryBackOff(
            base_interval=plain.seconds(retry.backoff_base_s), max_interval=plain.seconds(retry.backoff_max_s)
        ),
        refresh_cluster_on_retry=True,
        retriable_headers=_FAIL_OVER if "retriable-headers" in retry.on else [],
        **limits,
    )
