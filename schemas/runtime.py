"""The sidecar's contract: what the control plane decided, as one JSON file.

In: a `RuntimeConfig`. Out: text with the contract's version and a hash of the content, and the same value back. The
names of clusters and routes are those of the Envoy configuration made from the same plan. Never: a secret; only
names of variables. A file of another contract version is refused, so that a reader keeps what it has instead of
guessing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

CONTRACT = 3

T = TypeVar("T")


class RuntimeFileError(Exception):
    """The text is no runtime file: not JSON, fields missing or of a wrong type, or changed after it was written."""


class ContractMismatch(RuntimeFileError):
    """The file was written for another version of this contract."""

    def __init__(self, found: object) -> None:
        super().__init__(f"runtime file of contract {found}, this reader knows {CONTRACT}; render it again")
        self.found = found


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A place an attempt may go. `model` None: the requested name without `strip_prefix`. `dialect`: the provider's
    own; `endpoints`: the paths it serves without translation; `translated`: the paths that `translating`, a cluster of
    its own, serves in translation ("" where there are none)."""

    cluster: str
    model: str | None
    strip_prefix: str
    weight: int
    dialect: str
    endpoints: tuple[str, ...]
    translated: tuple[str, ...] = ()
    translating: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A dialect that models of an account can be asked in. `path` and `stream_path`, for whole and streamed answers,
    may hold `{model}` and a query; `models`: globs of the models that have it, empty = all."""

    dialect: str
    path: str
    stream_path: str
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A call beside chat: clients ask `asked` (a path, with `{model}` where it names the model), the account is asked
    in `shape` (a word of ext_proc.translate.calls) at `path`. `models` as in `Spoken`."""

    asked: str
    shape: str
    path: str
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A provider's account that requests are translated for. `cluster` is its name, `outbound` that of the way to it on
    the internal listener, `provider` the row of the catalogue; `spoken` has the dialects, the best first, `beside` the
    calls beside chat, the best first for each."""

    cluster: str
    outbound: str
    provider: str
    spoken: tuple[Spoken, ...]
    beside: tuple[Beside, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`groups`: attempts in failover order, weighted inside a group, whatever the endpoint. `native` names the
    endpoints that need no translation."""

    name: str
    groups: tuple[tuple[Target, ...], ...]
    native: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """`key` selects its route in Envoy; `outbound` is its name on the internal listener. `endpoints`: the paths it
    speaks."""

    id: str
    description: str
    examples: tuple[str, ...]
    default: bool
    key: str
    outbound: str
    endpoints: tuple[str, ...]
    input_filters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How a listener's sidecar decides. Times in seconds: `deadline_s` for the router, `total_s` for everything a
    decision may wait for (earlier agents of a chain too).

    `always` lists the paths whose every call is decided; other calls are only when they bring preferences along.
    `mode`: sequential or parallel. `no_match` and `router_failure`: default (the default agent, the requested model) or
    refuse. `agent_failure`: fail or skip. `headers`: whether answers carry the decision.
    """

    always: tuple[str, ...]
    mode: str
    deadline_s: float
    total_s: float
    no_match: str
    router_failure: str
    agent_failure: str
    headers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The models a caller may be given: `caller` is the value of metadata plano.caller kind; names and prefixes as a
    client would send them; `default`: a call without a model is allowed."""

    caller: str
    names: tuple[str, ...]
    prefixes: tuple[str, ...]
    default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """`names` maps what a client may send to a route's name, `prefixes` likewise; `default` answers a missing model.
    `decision` None: the sidecar has nothing to decide here. A caller without an allowance may use every model."""

    name: str
    kind: str
    router: str | None
    decision: Decision | None
    agents: tuple[Agent, ...]
    routes: tuple[Route, ...]
    names: Mapping[str, str]
    prefixes: Mapping[str, str]
    default: str | None
    allowances: tuple[Allowance, ...]
    input_filters: tuple[str, ...]
    output_filters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """`models` are names as a client may send them; `prefer` is cheapest, fastest or none."""

    name: str
    description: str
    examples: tuple[str, ...]
    models: tuple[str, ...]
    prefer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """Who chooses. `kind`: embedded, vllm (the served model, the embedded one's guess where it fails) or cascade (the
    embedded one first, the served model when it is unsure).

    For the served model: `outbound` is its name on the internal listener, `model` what it is called there, `prompt` the
    prompt family ("" = by the model's name), `context_tokens` its context. `threshold` 0..1 replaces the embedded
    model's own, in a cascade the confidence from which its choice stands; None keeps the usual one.
    """

    kind: str
    outbound: str | None
    model: str | None
    prompt: str
    context_tokens: int
    threshold: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed of prices (`kind` cost) or latencies (`kind` latency). `format`: models.dev, digitalocean or prometheus.
    `path` includes the query; `outbound` is its name on the internal listener. `aliases`: the feed's id -> a model."""

    kind: str
    format: str
    outbound: str
    path: str
    refresh_s: float
    aliases: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Plano's routing budget. Percent 0..100; the discount is the price of a cached token relative to a fresh one."""

    max_switch_spend_pct: float
    replenish_on_rebind: bool
    cache_read_discount: float
    record_counterfactual: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """`store`: memory or redis; `url` may refer to variables ($NAME). `implicit`: conversations without an id are
    recognised by their beginning."""

    ttl_s: float
    max_entries: int
    store: str
    url: str | None
    tenant_header: str | None
    implicit: bool
    route_on_user_only: bool
    budget: Budget | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    id: str
    url: str
    type: str
    transport: str
    tool: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeConfig:
    """Everything the sidecar knows. `settings` are sections of the configuration carried as they were written;
    `accounts` are those that requests are translated for."""

    listeners: tuple[Listener, ...]
    preferences: tuple[Preference, ...]
    router: Router
    sources: tuple[Source, ...]
    sessions: Sessions
    filters: tuple[Filter, ...]
    settings: Mapping[str, Any]
    accounts: tuple[Account, ...] = ()


def content_hash(config: RuntimeConfig) -> str:
    """SHA-256 of the canonical JSON, in hex: equal for equal content."""
    return _hash(_plain(config))


def dump(config: RuntimeConfig) -> str:
    """The file's text: sorted, indented, the same for the same value."""
    plain = _plain(config)
    whole = {"contract": CONTRACT, "hash": _hash(plain), "config": plain}
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def load(text: str) -> RuntimeConfig:
    """The value `dump` was given. Raises ContractMismatch, or RuntimeFileError for anything else that is wrong."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RuntimeFileError("the runtime file is not JSON; render it again") from error
    if not isinstance(whole, dict) or whole.get("contract") != CONTRACT:
        raise ContractMismatch(whole.get("contract") if isinstance(whole, dict) else None)
    if whole.get("hash") != _hash(whole.get("config")):
        raise RuntimeFileError("the runtime file was changed after it was written; render it again")
    return _read(RuntimeConfig, whole.get("config"), "config")


def _hash(plain: object) -> str:
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def _read(kind: type[T], plain: object, where: str) -> T:
    """The plain value as `kind`, exactly: no field missing, none too many."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return cast(T, _read_fields(kind, plain, where))
    if origin is tuple and isinstance(plain, list):
        return cast(T, tuple(_read(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(plain)))
    if origin is Mapping and isinstance(plain, dict):
        return cast(T, {key: _read(arguments[1], item, f"{where}.{key}") for key, item in plain.items()})
    if origin is types.UnionType:
        return cast(T, None) if plain is None else _read(arguments[0], plain, where)
    if cast(object, kind) is Any or type(plain) is kind:
        return cast(T, plain)
    raise RuntimeFileError(f"{where} in the runtime file has the wrong type; render it again")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read_fields(kind: type, plain: object, where: str) -> object:
    hints = _hints(kind)
    if not isinstance(plain, dict) or set(plain) != set(hints):
        raise RuntimeFileError(f"{where} in the runtime file has missing or unknown fields; render it again")
    return kind(**{name: _read(hint, plain[name], f"{where}.{name}") for name, hint in hints.items()})
