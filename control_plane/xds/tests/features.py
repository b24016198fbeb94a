"""One plan per feature, by name: what the goldens show and Envoy must accept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from control_plane.gateway import (
    Agents,
    AgentTarget,
    Allowance,
    Auth,
    CallerJwt,
    CallerKey,
    DownstreamTls,
    Endpoint,
    FixedHeader,
    Gateway,
    Outbound,
    PassthroughCredential,
    SigV4Credential,
    Timeouts,
    Tracing,
    UpstreamPath,
    UpstreamTls,
)
from control_plane.xds.tests import plans
from control_plane.xds.tests.plans import cluster, gateway, key, listener, model_route, models, secret, target

CERTIFICATE = "certificate.pem"
PRIVATE_KEY = "private-key.pem"
JWKS = "jwks.json"
CHATS = (Endpoint.CHAT_COMPLETIONS, Endpoint.MESSAGES, Endpoint.RESPONSES)


def failover() -> Gateway:
    route = model_route("smart", (target("openai", "gpt-4o"),), (target("azure", "gpt-4o-eu"),))
    azure = tuple(
        (
            endpoint,
            UpstreamPath(path=f"/openai/deployments/{{model}}{endpoint.value[3:]}", query="api-version=2024-10-21"),
        )
        for endpoint in plans.CHAT
    )
    return gateway(
        models(route, default="smart"),
        cluster("openai", host="api.openai.test", port=443, credential=key("openai"), tls=_tls("api.openai.test")),
        cluster("azure", host="eu.azure.test", port=443, credential=key("azure", "api-key", ""), paths=azure),
        secrets=(secret("openai"), secret("azure")),
    )


def weighted_same_account() -> Gateway:
    group = (target("openai", "gpt-4o", weight=9), target("openai", "gpt-4o-mini", weight=1))
    return gateway(
        models(model_route("split", group)), cluster("openai", credential=key("openai")), secrets=(secret("openai"),)
    )


def wildcard_and_chat_only() -> Gateway:
    routes = (
        model_route("openai-any", (target("openai", None, strip="openai/"),), retry=plans.NO_RETRY),
        model_route("chat", (target("openai", "gpt-4o"),), endpoints=plans.CHAT),
    )
    serves = models(*routes, exact=(("chat", "chat"),), prefixes=(("openai/", "openai-any"),))
    return gateway(serves, cluster("openai", credential=key("openai")), secrets=(secret("openai"),))


def anthropic_headers() -> Gateway:
    paths = plans.same_paths((Endpoint.MESSAGES,))
    fixed = (
        FixedHeader(name="anthropic-version", value="2023-06-01"),
        FixedHeader(name="x-team", value="%ENVIRONMENT(TEAM)%"),
    )
    account = cluster("anthropic", credential=key("anthropic", "x-api-key", ""), paths=paths, headers=fixed)
    route = model_route("claude", (target("anthropic", "claude-sonnet-4-5"),), endpoints=(Endpoint.MESSAGES,))
    return gateway(models(route), account, secrets=(secret("anthropic"),))


def passthrough() -> Gateway:
    account = cluster("litellm", credential=PassthroughCredential(header="authorization", prefix="Bearer "))
    return gateway(models(model_route("any", (target("litellm", "any", rewrite=False),))), account)


def sigv4() -> Gateway:
    paths = ((Endpoint.CHAT_COMPLETIONS, UpstreamPath(path="/openai/v1/chat/completions")),)
    credential = SigV4Credential(region="eu-central-1", service="bedrock")
    account = cluster(
        "bedrock", host="bedrock.test", port=443, credential=credential, paths=paths, tls=_tls("bedrock.test")
    )
    return gateway(models(model_route("nova", (target("bedrock", "nova"),), endpoints=plans.CHAT)), account)


def callers() -> Gateway:
    auth = Auth(
        keys=(CallerKey(caller="alice", secret="alice-key"), CallerKey(caller="bob", secret="bob-key")),
        jwt=(_issuer(),),
        header=None,
        allowances=(
            Allowance(caller="bob", issuer=None, exact=("gpt-4o",), prefixes=("openai/",), default=True),
            Allowance(caller=None, issuer="https://issuer.test", exact=(), prefixes=("openai/",), default=False),
        ),
    )
    plan = plans.simple()
    guarded = replace(plan.listeners[0], auth=auth)
    return replace(plan, listeners=(guarded,), secrets=(*plan.secrets, secret("alice"), secret("bob")))


def tokens_only() -> Gateway:
    plan = plans.simple()
    auth = Auth(keys=(), jwt=(_issuer(),), header=None, allowances=())
    return replace(plan, listeners=(replace(plan.listeners[0], auth=auth),))


def listener_tls() -> Gateway:
    plan = plans.simple()
    tls = DownstreamTls(cert_file=CERTIFICATE, key_file=PRIVATE_KEY, client_ca_file=CERTIFICATE)
    return replace(plan, listeners=(replace(plan.listeners[0], tls=tls),))


def traced() -> Gateway:
    tracing = Tracing(host="localhost", port=4317, sampling_percent=50, tags=(("deployment", "test"),))
    return replace(plans.simple(), tracing=tracing)


def agent() -> Gateway:
    return _agents(AgentTarget(id="travel", cluster="travel", path_prefix="/base", default=True, endpoints=CHATS))


def several_agents() -> Gateway:
    plan = _agents(
        AgentTarget(id="travel", cluster="travel", path_prefix="", default=True, endpoints=CHATS),
        AgentTarget(id="weather", cluster="travel", path_prefix="", default=False, endpoints=CHATS),
    )
    outbounds = tuple(
        Outbound(
            name=f"agent/agents/{agent}",
            cluster="travel",
            path_prefix="/base",
            timeouts=plans.TIMEOUTS,
            retry=plans.NO_RETRY,
        )
        for agent in ("travel", "weather")
    )
    decides = replace(plan.listeners[0], decision=plans.decision(sidecar_failure="default"))
    return replace(plan, listeners=(decides,), outbounds=outbounds)


def decided_models() -> Gateway:
    """Several providers, one with paths of its own, callers with lists, spans: everything a decision meets."""
    plan = failover()
    auth = Auth(
        keys=(CallerKey(caller="bob", secret="bob-key"),),
        jwt=(),
        header=None,
        allowances=(Allowance(caller="bob", issuer=None, exact=("smart",), prefixes=(), default=False),),
    )
    decides = replace(plan.listeners[0], decision=plans.decision(), auth=auth)
    tracing = Tracing(host="localhost", port=4317, sampling_percent=50, tags=())
    return replace(plan, listeners=(decides,), secrets=(*plan.secrets, secret("bob")), tracing=tracing)


def two_listeners() -> Gateway:
    plan = plans.simple()
    slow = Timeouts(first_byte_s=600, idle_s=900, total_s=1800)
    route = replace(plan.listeners[0].serves.routes[0], timeouts=slow, retry=plans.NO_RETRY)  # type: ignore[union-attr]
    second = listener(models(route), name="slow", port=10001, max_body_bytes=1 << 20)
    return replace(plan, listeners=(*plan.listeners, second))


def nothing_but_refusals() -> Gateway:
    return Gateway(listeners=(listener(models()),), clusters=(), outbounds=(), secrets=(), tracing=None)


def _agents(*targets: AgentTarget) -> Gateway:
    serves = Agents(agents=targets, timeouts=plans.TIMEOUTS, retry=plans.NO_RETRY)
    plan = listener(serves, name="agents", kind="agent")
    return Gateway(listeners=(plan,), clusters=(cluster("travel", paths=()),), outbounds=(), secrets=(), tracing=None)


def _issuer() -> CallerJwt:
    return CallerJwt(
        name="corp",
        issuer="https://issuer.test",
        audiences=("plano",),
        jwks_file=JWKS,
        jwks_uri=None,
        jwks_cluster=None,
        caller_claim="sub",
    )


def _tls(host: str) -> UpstreamTls:
    return UpstreamTls(sni=host, ca_path=CERTIFICATE)


ALL: dict[str, Callable[[], Gateway]] = {
    "simple": plans.simple,
    "failover": failover,
    "weighted-same-account": weighted_same_account,
    "wildcard-and-chat-only": wildcard_and_chat_only,
    "anthropic-headers": anthropic_headers,
    "passthrough": passthrough,
    "sigv4": sigv4,
    "callers": callers,
    "tokens-only": tokens_only,
    "listener-tls": listener_tls,
    "traced": traced,
    "agent": agent,
    "several-agents": several_agents,
    "decided-models": decided_models,
    "two-listeners": two_listeners,
    "nothing-but-refusals": nothing_but_refusals,
}

# Every variable a plan above names; Envoy only checks that they are there.
ENVIRON = {
    "OPENAI_KEY": "test-openai",
    "AZURE_KEY": "test-azure",
    "ANTHROPIC_KEY": "test-anthropic",
    "ALICE_KEY": "test-alice",
    "BOB_KEY": "test-bob",
    "TEAM": "test-team",
    "AWS_ACCESS_KEY_ID": "test-id",
    "AWS_SECRET_ACCESS_KEY": "test-secret",
}
