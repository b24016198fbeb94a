"""Plans by hand: the smallest Gateway values that show one feature each."""

from __future__ import annotations

from dataclasses import replace

from control_plane.gateway import (
    Cluster,
    Credential,
    Decision,
    Endpoint,
    FixedHeader,
    Gateway,
    KeyCredential,
    ListedModel,
    Listener,
    ModelRoute,
    Models,
    NoCredential,
    Retry,
    Secret,
    Target,
    Timeouts,
    UpstreamPath,
    UpstreamTls,
    Variant,
)
from control_plane.problems import Place

AT = Place("plano.yaml", 1, 1)
ALL = tuple(Endpoint)
CHAT = (Endpoint.CHAT_COMPLETIONS,)
TIMEOUTS = Timeouts(first_byte_s=60, idle_s=120, total_s=None)
NO_RETRY = Retry(attempts=0, on=(), status_codes=(), backoff_base_s=0.02, backoff_max_s=0.2)
RETRY = Retry(
    attempts=2,
    on=("5xx", "reset", "connect-failure", "retriable-status-codes"),
    status_codes=(429,),
    backoff_base_s=0.02,
    backoff_max_s=0.2,
)


def same_paths(endpoints: tuple[Endpoint, ...] = ALL) -> tuple[tuple[Endpoint, UpstreamPath], ...]:
    return tuple((endpoint, UpstreamPath(path=endpoint.value)) for endpoint in endpoints)


def cluster(
    name: str,
    *,
    host: str = "127.0.0.1",
    port: int = 9,
    credential: Credential | None = None,
    headers: tuple[FixedHeader, ...] = (),
    paths: tuple[tuple[Endpoint, UpstreamPath], ...] | None = None,
    tls: UpstreamTls | None = None,
    http_host: str | None = None,
) -> Cluster:
    return Cluster(
        name=name,
        provider=name,
        interface="openai",
        host=host,
        port=port,
        tls=tls,
        http_host=http_host or f"{name}.test",
        credential=credential or NoCredential(),
        headers=headers,
        paths=same_paths() if paths is None else paths,
        connect_timeout_s=1,
        at=AT,
    )


def key(name: str, header: str = "authorization", prefix: str = "Bearer ") -> KeyCredential:
    return KeyCredential(header=header, prefix=prefix, secret=f"{name}-key")


def secret(name: str) -> Secret:
    return Secret(name=f"{name}-key", variable=f"{name.upper()}_KEY", written=False, at=AT)


def target(cluster: str, model: str | None = None, *, strip: str = "", weight: int = 1, rewrite: bool = True) -> Target:
    return Target(cluster=cluster, model=model, strip_prefix=strip, weight=weight, rewrite=rewrite)


def model_route(
    name: str, *groups: tuple[Target, ...], endpoints: tuple[Endpoint, ...] = ALL, retry: Retry = RETRY
) -> ModelRoute:
    variant = Variant(endpoints=endpoints, groups=groups)
    return ModelRoute(name=name, variants=(variant,), timeouts=TIMEOUTS, retry=retry, at=AT)


def models(
    *routes: ModelRoute,
    prefixes: tuple[tuple[str, str], ...] = (),
    default: str | None = None,
    exact: tuple[tuple[str, str], ...] | None = None,
) -> Models:
    names = tuple((route.name, route.name) for route in routes) if exact is None else exact
    listed = tuple(ListedModel(id=name, owned_by="acme") for name, _ in names)
    return Models(routes=routes, exact=names, prefixes=prefixes, default=default, listed=listed)


def listener(serves: object, *, port: int = 10000, name: str = "llm", **changes: object) -> Listener:
    plan = Listener(
        name=name,
        address="127.0.0.1",
        port=port,
        kind="model",
        serves=serves,  # type: ignore[arg-type]
        decision=None,
        tls=None,
        auth=None,
        max_body_bytes=32 << 20,
        at=AT,
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def gateway(serves: Models, *clusters: Cluster, secrets: tuple[Secret, ...] = (), **changes: object) -> Gateway:
    plan = Gateway(listeners=(listener(serves),), clusters=clusters, outbounds=(), secrets=secrets, tracing=None)
    return replace(plan, **changes)  # type: ignore[arg-type]


def simple() -> Gateway:
    """One OpenAI-like provider, one model that needs no rewriting."""
    route = model_route("gpt-4o", (target("openai", "gpt-4o", rewrite=False),))
    return gateway(models(route), cluster("openai", credential=key("openai")), secrets=(secret("openai"),))


def decision(**changes: object) -> Decision:
    """Every chat is decided, nothing goes on without the sidecar."""
    plan = Decision(
        always=(Endpoint.CHAT_COMPLETIONS, Endpoint.MESSAGES, Endpoint.RESPONSES),
        mode="sequential",
        deadline_s=2,
        total_s=30,
        no_match="default",
        router_failure="default",
        sidecar_failure="refuse",
        agent_failure="fail",
        headers=True,
    )
    return replace(plan, **changes)  # type: ignore[arg-type]
