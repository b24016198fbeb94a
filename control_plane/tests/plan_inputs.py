"""Short ways to write configuration values in tests of the plan; every value sits on a line of its own."""

from __future__ import annotations

from itertools import count
from typing import Any

from control_plane import environment
from control_plane.config import (
    AliasTarget,
    ApiKey,
    Auth,
    Config,
    Header,
    Listener,
    ModelAlias,
    ModelProvider,
)
from control_plane.gateway import Agents, Gateway, Models
from control_plane.plan import gateway
from control_plane.problems import Place, Problems

_lines = count(1)


def place() -> Place:
    return Place("plano.yaml", next(_lines), 1)


def provider(
    model: str, key: str | None = "$OPENAI_API_KEY", headers: dict[str, str] | None = None, **more: Any
) -> ModelProvider:
    return ModelProvider(
        model=model,
        access_key=environment.text(key) if key else None,
        headers=tuple(Header(name=n, value=environment.text(v), at=place()) for n, v in (headers or {}).items()),
        at=place(),
        **more,
    )


def alias(name: str, *targets: str | tuple[str, int], **more: Any) -> ModelAlias:
    pairs = [target if isinstance(target, tuple) else (target, None) for target in targets]
    return ModelAlias(
        name=name, targets=tuple(AliasTarget(model=m, weight=w, at=place()) for m, w in pairs), at=place(), **more
    )


def listener(kind: Any = "model", name: str = "models", **more: Any) -> Listener:
    return Listener(type=kind, name=name, at=place(), **more)


def auth(**models_by_key: tuple[str, ...] | None) -> Auth:
    keys = [
        ApiKey(name=name, key=environment.text(f"${name.upper()}_KEY"), models=models, at=place())
        for name, models in models_by_key.items()
    ]
    return Auth(api_keys=tuple(keys), at=place())


def config(*providers: ModelProvider, listeners: tuple[Listener, ...] | None = None, **more: Any) -> Config:
    return Config(
        version="v0.4.0",
        listeners=(listener(),) if listeners is None else listeners,
        model_providers=providers,
        at=place(),
        **more,
    )


def planned(whole: Config) -> Gateway:
    """The plan; a configuration of a test that should have one has one."""
    problems = Problems()
    made = gateway(whole, problems)
    assert made is not None, [str(p) for p in problems]
    return made


def warnings(whole: Config) -> list[str]:
    problems = Problems()
    gateway(whole, problems)
    return [f"{p.rule}: {p.what}" for p in problems.warnings]


def errors(whole: Config) -> list[str]:
    problems = Problems()
    assert gateway(whole, problems) is None
    return [f"{p.rule}: {p.what}" for p in problems.errors]


def models(plan: Gateway, at: int = 0) -> Models:
    serves = plan.listeners[at].serves
    assert isinstance(serves, Models)
    return serves


def agents(plan: Gateway, at: int = 0) -> Agents:
    serves = plan.listeners[at].serves
    assert isinstance(serves, Agents)
    return serves


def attempts(serves: Models, name: str, endpoint: str = "/v1/chat/completions") -> list[list[tuple[str, str | None]]]:
    """(cluster, model) of every attempt for a client's name, as the router would find them."""
    exact, prefixes = dict(serves.exact), dict(serves.prefixes)
    covering = [p for p in prefixes if name.startswith(p)]
    found = exact.get(name) or (prefixes[max(covering, key=len)] if covering else None)
    route = next(r for r in serves.routes if r.name == found)
    for variant in route.variants:
        if endpoint in variant.endpoints:
            return [
                [(t.cluster, t.model or name.removeprefix(t.strip_prefix)) for t in group] for group in variant.groups
            ]
    return []
