"""The attempts of a route in order, and the settings they run under, each with the line that set it."""

from __future__ import annotations

from control_plane.explain.answer import Attempt, Setting
from control_plane.gateway import (
    Credential,
    Endpoint,
    Gateway,
    KeyCredential,
    NoCredential,
    PassthroughCredential,
    SigV4Credential,
    Target,
    UpstreamPath,
)
from control_plane.plan import Planned
from control_plane.plan.limits import Choice, Retrying, Waiting, agent_waiting, retrying, waiting
from control_plane.plan.routes import Aim, Road, aims, cluster_names, least_retries, serving
from control_plane.plan.translation import put


def attempts(plan: Gateway, road: Road, endpoint: Endpoint, model: str | None) -> tuple[tuple[Attempt, ...], ...]:
    """Groups in failover order; what does not serve the endpoint is left out."""
    groups = ([aim for aim in group if serving(aim, endpoint)] for group in road.attempts)
    return tuple(
        tuple(_attempt(plan, aim, endpoint, model, sum(a.target.weight for a in kept)) for aim in kept)
        for kept in groups
        if kept
    )


def _attempt(plan: Gateway, aim: Aim, endpoint: Endpoint, asked: str | None, total: int) -> Attempt:
    cluster = next(c for c in plan.clusters if c.name == aim.target.cluster)
    model = upstream_model(aim.target, asked)
    served = aim.provider.serves(endpoint, aim.target.model)
    becomes = None if served else put(aim.provider, aim.target.model, model, endpoint)
    where = becomes.path if becomes else dict(cluster.paths)[endpoint]
    scheme = "https" if cluster.tls else "http"
    return Attempt(
        cluster=cluster.name,
        address=f"{scheme}://{cluster.http_host}",
        path=_url(where, model) if where else "",
        model=model,
        share=round(100 * aim.target.weight / total),
        rewritten=aim.target.rewrite and model != asked,
        translated=becomes.into if becomes else "",
        credential=credential_source(plan, cluster.credential),
        headers=tuple(header.name for header in cluster.headers),
        at=aim.provider.entry.at,
    )


def _url(where: UpstreamPath, model: str) -> str:
    return where.path.replace("{model}", model) + (f"?{where.query}" if where.query else "")


def upstream_model(target: Target, asked: str | None) -> str:
    return target.model if target.model is not None else (asked or "").removeprefix(target.strip_prefix)


def credential_source(plan: Gateway, credential: Credential) -> str:
    """Where the credential comes from, in words."""
    match credential:
        case KeyCredential(header=header, secret=name):
            secret = next(s for s in plan.secrets if s.name == name)
            written = "the key written in the file" if secret.written else f"environment variable {secret.variable}"
            return f"{header} from {written}"
        case PassthroughCredential(header=header):
            return f"{header} from the caller's own key"
        case SigV4Credential(region=region, service=service):
            return f"AWS signature for {service} in {region}, keys from the AWS variables"
        case NoCredential():
            return "none"


def settings(planned: Planned, road: Road) -> tuple[Setting, ...]:
    """Timeouts and retries of the route and what decided each."""
    entries = [aim.provider.entry for aim in aims(road)]
    wait = waiting(planned.written, road.alias, entries)
    retry = retrying(
        planned.written,
        road.alias,
        entries,
        at_least=least_retries(road.attempts),
        clusters=len(cluster_names(road)),
    )
    return (*_waits(wait), *_tries(retry))


def agent_settings(planned: Planned) -> tuple[Setting, ...]:
    """The same for an agent listener."""
    retry = retrying(planned.written, None, [], at_least=0, clusters=1)
    return (*_waits(agent_waiting(planned.written)), *_tries(retry))


def _waits(wait: Waiting) -> tuple[Setting, ...]:
    total = f"{wait.total.value:g}s" if wait.total.value else "no limit"
    return (
        _seconds("first byte", wait.first_byte),
        _seconds("idle", wait.idle),
        Setting(name="total", value=total, at=wait.total.at),
    )


def _tries(retry: Retrying) -> tuple[Setting, ...]:
    attempts = Setting(name="retries", value=_retries(retry.attempts), at=retry.attempts.at)
    if not retry.attempts.value:
        return (attempts,)
    return (
        attempts,
        Setting(name="retry on", value=", ".join(retry.on.value), at=retry.on.at),
        Setting(name="retry statuses", value=", ".join(map(str, retry.status_codes.value)), at=retry.status_codes.at),
        _seconds("back-off from", retry.backoff_base),
        _seconds("back-off up to", retry.backoff_max),
    )


def _retries(attempts: Choice[int]) -> str:
    return f"{attempts.value}, enough for every target" if attempts.value and not attempts.at else str(attempts.value)


def _seconds(name: str, choice: Choice[float]) -> Setting:
    return Setting(name=name, value=seconds(choice.value), at=choice.at)


def seconds(value: float) -> str:
    return f"{value:g}s"
