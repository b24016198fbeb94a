"""The plan (IR) that both writers read: every default filled, every name given, nothing of the YAML's spelling left.

Made only by `plan.gateway`. Values are frozen and ordered, so equal input gives equal bytes. No secret is ever in here:
a `Secret` knows the environment variable that holds it. Times are seconds. `at` points at the YAML line that decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from control_plane.problems import Place

NO_MODEL = ("", "*")
"""What names no model behind a wildcard's prefix: "openai/" and "openai/*" are refused as unknown."""


class Endpoint(StrEnum):
    """The API calls a provider may know; the value is the path after the host, all POST. `{model}` stands for a model's
    name. Clients may use those of `OFFERED`."""

    CHAT_COMPLETIONS = "/v1/chat/completions"
    MESSAGES = "/v1/messages"
    COUNT_TOKENS = "/v1/messages/count_tokens"
    RESPONSES = "/v1/responses"
    INPUT_TOKENS = "/v1/responses/input_tokens"
    COMPLETIONS = "/v1/completions"
    EMBEDDINGS = "/v1/embeddings"
    RERANK = "/v1/rerank"
    IMAGES_GENERATIONS = "/v1/images/generations"
    IMAGES_EDITS = "/v1/images/edits"
    IMAGES_VARIATIONS = "/v1/images/variations"
    AUDIO_SPEECH = "/v1/audio/speech"
    AUDIO_TRANSCRIPTIONS = "/v1/audio/transcriptions"
    AUDIO_TRANSLATIONS = "/v1/audio/translations"
    MODERATIONS = "/v1/moderations"
    GENERATE_CONTENT = "/v1beta/models/{model}:generateContent"
    STREAM_GENERATE_CONTENT = "/v1beta/models/{model}:streamGenerateContent"
    GEMINI_COUNT_TOKENS = "/v1beta/models/{model}:countTokens"
    EMBED_CONTENT = "/v1beta/models/{model}:embedContent"
    BATCH_EMBED_CONTENTS = "/v1beta/models/{model}:batchEmbedContents"
    CONVERSE = "/model/{model}/converse"
    CONVERSE_STREAM = "/model/{model}/converse-stream"
    BEDROCK_COUNT_TOKENS = "/model/{model}/count-tokens"
    INVOKE_MODEL = "/model/{model}/invoke"
    COHERE_EMBED = "/v2/embed"


PROVIDERS_OWN = frozenset(
    {
        Endpoint.CONVERSE,
        Endpoint.CONVERSE_STREAM,
        Endpoint.BEDROCK_COUNT_TOKENS,
        Endpoint.INVOKE_MODEL,
        Endpoint.COHERE_EMBED,
    }
)
"""Calls only this gateway makes, in translation."""
OFFERED = tuple(endpoint for endpoint in Endpoint if endpoint not in PROVIDERS_OWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A value that only Envoy's process may know. `variable` is the environment variable Envoy reads it from.

    `written` is True when the YAML held the key itself: then nobody has set `variable` yet and `up` must.
    """

    name: str
    variable: str
    written: bool
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCredential:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCredential:
    """`header: <prefix><secret>` on every attempt, e.g. authorization / "Bearer " / openai-key."""

    header: str
    prefix: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassthroughCredential:
    """The caller's own key (Authorization without its Bearer, else x-api-key) as `header: <prefix><key>`."""

    header: str
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SigV4Credential:
    region: str
    service: str


Credential = NoCredential | KeyCredential | PassthroughCredential | SigV4Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedHeader:
    """A header sent on every attempt. In `value`, `%ENVIRONMENT(NAME)%` is a variable and `%%` a percent sign."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamPath:
    """Where an endpoint lives at the provider. `path` may hold `{model}` (URL-encoded id); `query` may be empty."""

    path: str
    query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamTls:
    sni: str
    ca_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One provider account at one address, or one agent: what Envoy pools connections to.

    `paths` lists the endpoints it serves natively (for an agent: every path, see `Agents`). `provider` is the display
    name used in logs, `interface` the row of providers.yaml. `translates` names the account behind a cluster that leads
    to the sidecar, which translates there and back. `own_key_header`: where calls of the provider's own interface (they
    end with a colon and a method) take the key.
    """

    name: str
    provider: str
    interface: str
    host: str
    port: int
    tls: UpstreamTls | None
    http_host: str
    credential: Credential
    headers: tuple[FixedHeader, ...]
    paths: tuple[tuple[Endpoint, UpstreamPath], ...]
    connect_timeout_s: float
    at: Place
    translates: str | None = None
    own_key_header: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """`first_byte_s` and `idle_s` hold per attempt, `total_s` for the whole exchange (None = no limit)."""

    first_byte_s: float
    idle_s: float
    total_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """`attempts` retries after the first try; 0 means none. `on` holds Envoy's retry_on words."""

    attempts: int
    on: tuple[str, ...]
    status_codes: tuple[int, ...]
    backoff_base_s: float
    backoff_max_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place an attempt may go. `model` is the id sent upstream; None keeps the text after `strip_prefix`.

    `rewrite` says whether the body's model can differ from what the client sent (else the body is left alone);
    `translated` that the cluster leads to the sidecar first.
    """

    cluster: str
    model: str | None
    strip_prefix: str
    weight: int
    rewrite: bool
    translated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """For these endpoints, these attempts: groups in failover order, weighted inside a group."""

    endpoints: tuple[Endpoint, ...]
    groups: tuple[tuple[Target, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRoute:
    """What one requested model leads to. Endpoints in no variant are answered 501 (nobody serves them).

    `name` is the route name: bounded by the configuration, so safe as a metric label.
    """

    name: str
    variants: tuple[Variant, ...]
    timeouts: Timeouts
    retry: Retry
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """A row of GET /v1/models."""

    id: str
    owned_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """A model gateway: `exact` maps every name a client may send to a route name, `prefixes` every wildcard
    ("openai/"), `default` is the route for a request without a model (None: refused)."""

    routes: tuple[ModelRoute, ...]
    exact: tuple[tuple[str, str], ...]
    prefixes: tuple[tuple[str, str], ...]
    default: str | None
    listed: tuple[ListedModel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTarget:
    """`endpoints`: the calls the agent understands."""

    id: str
    cluster: str
    path_prefix: str
    default: bool
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents:
    """An agent listener. With one agent Envoy forwards natively; with several a decision is needed."""

    agents: tuple[AgentTarget, ...]
    timeouts: Timeouts
    retry: Retry


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the sidecar decides on a listener, and what happens where it cannot. Fields as in schemas/runtime.py.

    `always`: endpoints whose every call is decided; any other chat-like call is when it brings preferences along.
    `sidecar_failure` "refuse": without the sidecar's answer the call is refused; "default": the default agent or the
    requested model answers.
    """

    always: tuple[Endpoint, ...]
    mode: Literal["sequential", "parallel"]
    deadline_s: float
    total_s: float
    no_match: Literal["default", "refuse"]
    router_failure: Literal["default", "refuse"]
    sidecar_failure: Literal["default", "refuse"]
    agent_failure: Literal["fail", "skip"]
    headers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """What the sidecar may call through the internal listener: `name` says which, `path_prefix` comes before the path
    of the call."""

    name: str
    cluster: str
    path_prefix: str
    timeouts: Timeouts
    retry: Retry


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerKey:
    """An API key of one caller; the secret is read from the environment by Envoy, never written."""

    caller: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerJwt:
    name: str
    issuer: str
    audiences: tuple[str, ...]
    jwks_file: str | None
    jwks_uri: str | None
    jwks_cluster: str | None
    caller_claim: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one caller (or every token of one issuer: `issuer`) may name as model; None = everything.

    `exact` and `prefixes` are the client's spellings; `default` allows omitting the model.
    """

    caller: str | None
    issuer: str | None
    exact: tuple[str, ...]
    prefixes: tuple[str, ...]
    default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """Who may call: a known key or a valid token. `header` (lower case) carries it; None = Authorization/x-api-key.

    A caller without an `Allowance` may use every model.
    """

    keys: tuple[CallerKey, ...]
    jwt: tuple[CallerJwt, ...]
    header: str | None
    allowances: tuple[Allowance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DownstreamTls:
    cert_file: str
    key_file: str
    client_ca_file: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One port. `name` is unique and fit for a metric label."""

    name: str
    address: str
    port: int
    kind: Literal["model", "prompt", "agent"]
    serves: Models | Agents
    decision: Decision | None
    tls: DownstreamTls | None
    auth: Auth | None
    max_body_bytes: int
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """Envoy's own spans to an OTLP/gRPC collector; `sampling_percent` 1..100; `tags` are literal span attributes."""

    host: str
    port: int
    sampling_percent: int
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The whole plan, in the order of the configuration. `outbounds` is empty where nothing needs the sidecar.
    `translations` are further clusters, of accounts that are reached in translation."""

    listeners: tuple[Listener, ...]
    clusters: tuple[Cluster, ...]
    outbounds: tuple[Outbound, ...]
    secrets: tuple[Secret, ...]
    tracing: Tracing | None
    translations: tuple[Cluster, ...] = ()
