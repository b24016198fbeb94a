"""The user's configuration as frozen values: canonical v0.4.0 spelling plus our additions, no defaults resolved.

`None` means "not written". Field names equal the schema's property names (a parity test holds them together).
`at` is the place of the value in the YAML. Durations are seconds (float). A `Text` may hold `$NAME` references.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from control_plane.problems import Place


@dataclass(frozen=True, slots=True, repr=False)
class Text:
    """A value that may be or contain a secret: `template` keeps `$NAME`/`${NAME}` unresolved and is never printed.

    `variables` are the names it refers to, in order. A template without variables is a literal.
    """

    template: str
    variables: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Text({', '.join('$' + v for v in self.variables) or '<literal>'})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Our addition: how long to wait, seconds. `total` covers every attempt and the whole stream."""

    connect: float | None = None
    first_byte: float | None = None
    idle: float | None = None
    total: float | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Our addition: `attempts` counts retries after the first try; `on` names conditions (see the schema)."""

    attempts: int | None = None
    on: tuple[str, ...] | None = None
    status_codes: tuple[int, ...] | None = None
    backoff_base: float | None = None
    backoff_max: float | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Our addition: downstream TLS. Paths are absolute after reading (relative ones start at the YAML file)."""

    cert_file: str
    key_file: str
    client_ca_file: str | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """Our addition: one caller's key. `models` is its allow-list: names as the caller may send them."""

    name: str
    key: Text
    models: tuple[str, ...] | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Jwt:
    """Our addition: tokens of one issuer; exactly one of `jwks_file` and `jwks_uri`."""

    name: str
    issuer: str
    audiences: tuple[str, ...] | None = None
    jwks_file: str | None = None
    jwks_uri: str | None = None
    caller_claim: str | None = None
    models: tuple[str, ...] | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """Our addition: who may call. Either an API key or a token of any issuer is enough."""

    api_keys: tuple[ApiKey, ...] = ()
    jwt: tuple[Jwt, ...] = ()
    header: str | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerAgent:
    """`examples` are ours: requests that belong to the agent."""

    id: str
    description: str
    examples: tuple[str, ...] = ()
    default: bool | None = None
    input_filters: tuple[str, ...] = ()
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Our addition: how a listener decides, and what happens where it cannot."""

    mode: Literal["sequential", "parallel"] | None = None
    deadline: float | None = None
    no_match: Literal["default", "refuse"] | None = None
    router_failure: Literal["default", "refuse"] | None = None
    sidecar_failure: Literal["default", "refuse"] | None = None
    agent_failure: Literal["fail", "skip"] | None = None
    headers: bool | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """`providers` (ours) limits a model listener to some providers or models; None means all."""

    type: Literal["model", "prompt", "agent"]
    name: str
    port: int | None = None
    address: str | None = None
    timeout: float | None = None
    router: str | None = None
    max_retries: int | None = None
    agents: tuple[ListenerAgent, ...] = ()
    decision: Decision | None = None
    input_filters: tuple[str, ...] = ()
    output_filters: tuple[str, ...] = ()
    tls: Tls | None = None
    auth: Auth | None = None
    timeouts: Timeouts | None = None
    retry: Retry | None = None
    max_body_bytes: int | None = None
    models: tuple[str, ...] | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    name: str
    value: Text
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsAuth:
    """Our addition: sign with SigV4; the access keys come from the standard AWS variables of Envoy's process."""

    region: str
    service: str | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelProvider:
    """`model` is "<prefix>/<id>" or "<prefix>/*" after legacy spellings were folded in."""

    model: str
    name: str | None = None
    access_key: Text | None = None
    default: bool | None = None
    base_url: str | None = None
    passthrough_auth: bool | None = None
    http_host: str | None = None
    provider_interface: str | None = None
    headers: tuple[Header, ...] = ()
    timeouts: Timeouts | None = None
    retry: Retry | None = None
    aws: AwsAuth | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasTarget:
    model: str
    weight: int | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAlias:
    """`target` is Plano's; `targets` is ours: no weights = failover in order, weights = split."""

    name: str
    target: str | None = None
    targets: tuple[AliasTarget, ...] = ()
    timeouts: Timeouts | None = None
    retry: Retry | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionPolicy:
    prefer: Literal["cheapest", "fastest", "none"]
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingPreference:
    """`examples` are ours: requests that belong to the task."""

    name: str
    description: str
    examples: tuple[str, ...] = ()
    models: tuple[str, ...]
    selection_policy: SelectionPolicy | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """`dialect` is ours: the one API the agent speaks; None = it answers whatever API the client speaks."""

    id: str
    url: str
    dialect: Literal["openai_chat", "anthropic_messages", "openai_responses"] | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    id: str
    url: str
    type: Literal["mcp", "http"] | None = None
    transport: str | None = None
    tool: str | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    name: str
    endpoint: str
    connect_timeout: float | None = None
    protocol: Literal["http", "https"] | None = None
    http_host: str | None = None
    prefix_affinity: bool | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    random_sampling: int | None = None
    trace_arch_internal: bool | None = None
    opentracing_grpc_endpoint: str | None = None
    span_attributes: dict[str, Any] | None = None
    exporters: tuple[dict[str, Any], ...] = ()
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    prompt_target_intent_matching_threshold: float | None = None
    optimize_context_window: bool | None = None
    use_agent_orchestrator: bool | None = None
    disable_signals: bool | None = None
    upstream_connect_timeout: float | None = None
    upstream_tls_ca_path: str | None = None
    llm_routing_model: str | None = None
    agent_orchestration_model: str | None = None
    orchestrator_model_context_length: int | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """Our addition: who chooses by meaning. `model` names a provider entry; `prompt` a prompt family."""

    kind: Literal["embedded", "vllm", "cascade"] | None = None
    model: str | None = None
    prompt: str | None = None
    threshold: float | None = None
    context_length: int | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCache:
    type: Literal["memory", "redis"] | None = None
    url: Text | None = None
    tenant_header: str | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingBudget:
    max_switch_spend_pct: float
    replenish_on_rebind: bool | None = None
    cache_read_discount: float | None = None
    record_counterfactual: bool | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """`llm_provider` and `model` are settings of old releases that nothing reads."""

    llm_provider: str | None = None
    model: str | None = None
    session_ttl_seconds: int | None = None
    session_max_entries: int | None = None
    session_cache: SessionCache | None = None
    routing_budget: RoutingBudget | None = None
    route_on_user_only: bool | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptCaching:
    enabled: bool | None = None
    session_affinity: bool | None = None
    inject_cache_control: bool | None = None
    min_prefix_tokens: int | None = None
    session_ttl_seconds: int | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSource:
    """`model_aliases`: the feed's own id of a model -> its name here."""

    type: Literal["cost", "latency"]
    provider: Literal["digitalocean", "models.dev", "prometheus"]
    url: str | None = None
    query: str | None = None
    refresh_interval: int | None = None
    model_aliases: dict[str, str] | None = None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything one YAML file says. Sections that are carried on but not yet acted upon stay plain data."""

    version: str
    listeners: tuple[Listener, ...]
    model_providers: tuple[ModelProvider, ...] = ()
    model_aliases: tuple[ModelAlias, ...] = ()
    routing_preferences: tuple[RoutingPreference, ...] = ()
    agents: tuple[Agent, ...] = ()
    filters: tuple[Filter, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    tracing: Tracing | None = None
    overrides: Overrides | None = None
    router: Router | None = None
    routing: Routing | None = None
    prompt_caching: PromptCaching | None = None
    model_metrics_sources: tuple[MetricsSource, ...] = ()
    prompt_targets: tuple[dict[str, Any], ...] = ()
    system_prompt: str | None = None
    ratelimits: tuple[dict[str, Any], ...] = ()
    state_storage: dict[str, Any] | None = None
    prompt_guards: dict[str, Any] | None = None
    mode: str | None = None
    at: Place
