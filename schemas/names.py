"""How things are called: the one rule for every name that the Envoy writer, the sidecar and a metric share.

In: values of the configuration. Out: names made of `[A-Za-z0-9_.-]`, unique within what was asked, the same for the
same input. A name never holds a secret: where two accounts differ by their key only, the name of its variable tells
them apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

_UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")
_UNFIT_VARIABLE = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountName:
    """What names an account: the provider's prefix, its address, whether that address is the provider's usual one, and
    a word for its credential (lower case variable name, "passthrough", "" for none)."""

    prefix: str
    host: str
    port: int
    usual: bool
    key: str


def fit(text: str) -> str:
    """The text with every run of characters unfit for a name made one underscore; "unnamed" when nothing is left."""
    return _UNFIT.sub("_", text.strip()).strip("_") or "unnamed"


def unique(wanted: Sequence[str], joint: str = "-") -> tuple[str, ...]:
    """The wanted names in order; the second and later bearers of a name get `-2`, `-3`, ... (never one also wanted)."""
    reserved, taken, names = set(wanted), set[str](), list[str]()
    for want in wanted:
        name, ordinal = want, 1
        while name in taken or (ordinal > 1 and name in reserved):
            ordinal += 1
            name = f"{want}{joint}{ordinal}"
        taken.add(name)
        names.append(name)
    return tuple(names)


def clusters(accounts: Sequence[AccountName]) -> tuple[str, ...]:
    """A name per account, in order: the prefix, then the address, the key's word, an ordinal, each only where
    needed."""
    places = [_place(account) for account in accounts]
    crowd = Counter(places)
    keys = {place: {a.key for a, p in zip(accounts, places, strict=True) if p == place} for place in crowd}
    named = [
        f"{place}-{fit(account.key or 'no_key')}" if len(keys[place]) > 1 else place
        for account, place in zip(accounts, places, strict=True)
    ]
    return unique(named)


def _place(account: AccountName) -> str:
    """An account at the provider's usual address needs no address, so adding another one elsewhere renames nothing."""
    prefix = fit(account.prefix)
    return prefix if account.usual else f"{prefix}_{fit(account.host)}_{account.port}"


def agent_cluster(agent_id: str) -> str:
    return f"agent_{fit(agent_id)}"


def source_cluster(kind: str) -> str:
    return f"source_{fit(kind)}"


def jwks_cluster(host: str, port: int) -> str:
    return f"jwks_{fit(host)}_{port}"


def key_variable(cluster: str) -> str:
    """The environment variable that carries a key which the configuration itself wrote down."""
    return f"PLANO_KEY_{_UNFIT_VARIABLE.sub('_', cluster.upper())}"


def caller_variable(listener: str, caller: str) -> str:
    """The same for a caller's key."""
    return f"PLANO_CALLER_{_UNFIT_VARIABLE.sub('_', f'{listener}_{caller}'.upper())}"


def agent_outbound(listener: str, agent_id: str) -> str:
    """What the sidecar calls an agent of a listener by, on the internal listener."""
    return f"agent/{fit(listener)}/{fit(agent_id)}"


def translating(cluster: str) -> str:
    """The cluster that leads to an account by way of the sidecar, which translates."""
    return f"{cluster}~translated"


def account_outbound(cluster: str) -> str:
    """What the sidecar calls a provider's account by, on the internal listener."""
    return f"account/{cluster}"


SIDECAR_CLUSTER = "plano_sidecar"
"""The workers that decide, as one cluster of Envoy."""
CHAT_PATHS = ("/v1/chat/completions", "/v1/messages", "/v1/responses")
"""The calls that hold a conversation, one path for each dialect."""
QUESTION_PREFIX = "/routing"
"""Before one of CHAT_PATHS: the client asks what would be chosen."""
ROUTER_OUTBOUND = "router"
"""The served router model on the internal listener."""
OUTBOUND_HEADER = "x-plano-internal-outbound"
"""Set by the sidecar on every call through the internal listener, read by its routes: the name of an outbound."""
INTERNAL_PREFIX = "x-plano-internal-"
"""Headers of ours; taken off whatever a client sends, before anything reads it."""
ACCOUNT_HEADER = "x-plano-internal-account"
"""Set by Envoy on an attempt that is translated: the cluster of the account it is for."""
MODEL_HEADER = "x-plano-internal-model"
"""Set by Envoy on an attempt that is translated: the provider's name of the model."""
IDLE_HEADER = "x-plano-internal-idle"
"""Set by Envoy on an attempt that is translated: seconds of silence after which it cuts the attempt."""
KEY_HEADER = "x-plano-internal-key"
"""The caller's own key on its way to an account that passes it on; set by Envoy, copied by the sidecar."""
LOCAL_HEADER = "x-plano-internal-local"
"""Set by the internal listener on answers Envoy makes itself: the provider did not answer."""
FAIL_OVER_HEADER = "x-plano-internal-fail-over"
"""Set by the sidecar on an answer that the next attempt may do better: retried by the route, never shown."""
DROPPED_HEADER = "x-plano-dropped"
"""Set by the sidecar: addresses in the client's request that the provider's API has no place for."""
ESTIMATED_HEADER = "x-plano-estimated"
"""Set by the sidecar: a count nobody made, only guessed from the size."""
TRANSLATED_HEADER = "x-plano-translated"
"""Set by the sidecar: the provider's dialect the request was put into."""
CACHE_HEADER = "x-plano-cache"
"""Set by clients: off = no implicit session for this request."""
SWITCH_HEADER = "x-plano-max-switch-spend-pct"
"""Set by clients: this request's routing budget, percent."""
EXPLAIN_HEADER = "x-plano-explain"
"""Set by clients of /routing/v1: true = the answer has an object `explain`."""
AFFINITY_HEADER = "x-model-affinity"
"""Set by clients: the session this request belongs to."""


def source_outbound(kind: str) -> str:
    """A feed of prices or latencies on the internal listener."""
    return f"source/{fit(kind)}"


# The decision's metadata: what Envoy and the sidecar tell each other about one request. Clients cannot reach it.
REQUEST = "plano.request"
"""Set by the listener's request reader, read by the sidecar: body (text), path, model ("" = none), key."""
CALLER = "plano.caller"
"""Set by caller authentication: id, kind."""
DECISION = "plano.decision"
"""Set by the sidecar, read by Envoy: key, model, models (by attempt), why, confidence, router, route, agents, ms."""
SPAN_ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "why": "plano.decision.why",
        "agents": "selection.agents",
        "route": "plano.route.name",
        "model": "route.selected_model",
        "confidence": "plano.decision.confidence",
        "router": "plano.decision.router",
        "ms": "routing.determination_ms",
        **{
            name: name
            for name in (
                "plano.session_id",
                "plano.routing.skipped",
                "plano.cache.warm",
                "plano.cache.idle_ms",
                "plano.session.overhead_pct",
                "plano.session.switch_spend_in_usd",
                "plano.session.baseline_in_usd",
                "plano.session.switches",
                "plano.switch.cost_in_usd",
                "plano.switch.candidate_warm_tokens",
                "plano.switch.overhead_ceiling_in_usd",
                "plano.switch.decision",
                "plano.switch.counterfactual_route",
            )
        },
    }
)
"""Fields of DECISION and the span attributes they become."""
ATTEMPTS = "plano.attempts"
"""Set by the sidecar, read by the cluster specifier of ranked routes: priority_groups."""
TRACE_HEADER = "traceparent"
"""Which span a call belongs to (W3C Trace Context): of requests, and of Envoy's exchanges with the sidecar."""
LISTENER_METADATA = "plano-listener"
"""gRPC metadata of every exchange with the sidecar: the listener's name."""

# What a route is looked up by begins with one of these; clients only choose what follows NAMED.
NAMED = "="
UNNAMED = "*"
REFUSED = "!"
AGENT = "@"
RANKED = "&"
DECIDE = "?"


def agent_key(agent_id: str) -> str:
    return AGENT + agent_id
