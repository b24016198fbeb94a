"""How conversations keep their model: `routing` and `prompt_caching` with Plano's defaults filled in.

In: the configuration. Out: the contract's `Sessions`. Never: a secret; the store's address keeps its `$NAME`s.
"""

from __future__ import annotations

from control_plane import config
from schemas.runtime import Budget, Sessions

TTL_S = 600
MAX_ENTRIES = 10_000
CACHE_READ_DISCOUNT = 0.1


def sessions(whole: config.Config) -> Sessions:
    """A conversation without an id of its own is recognised where affinity, a budget or routing by turn needs that."""
    routing = whole.routing or config.Routing(at=whole.at)
    caching = whole.prompt_caching or config.PromptCaching(at=whole.at)
    cache = routing.session_cache or config.SessionCache(at=whole.at)
    affinity = caching.enabled is True if caching.session_affinity is None else caching.session_affinity
    by_turn = routing.route_on_user_only is True
    return Sessions(
        ttl_s=float(routing.session_ttl_seconds or caching.session_ttl_seconds or TTL_S),
        max_entries=routing.session_max_entries or MAX_ENTRIES,
        store=cache.type or "memory",
        url=cache.url.template if cache.url and cache.type == "redis" else None,
        tenant_header=cache.tenant_header.lower() if cache.tenant_header else None,
        implicit=affinity or routing.routing_budget is not None or (by_turn and bool(whole.routing_preferences)),
        route_on_user_only=by_turn,
        budget=_budget(routing.routing_budget) if routing.routing_budget else None,
    )


def _budget(written: config.RoutingBudget) -> Budget:
    discount = written.cache_read_discount
    return Budget(
        max_switch_spend_pct=written.max_switch_spend_pct,
        replenish_on_rebind=written.replenish_on_rebind is not False,
        cache_read_discount=CACHE_READ_DISCOUNT if discount is None else discount,
        record_counterfactual=written.record_counterfactual is True,
    )
