"""Who chooses by meaning: the embedded router, or a model that is served somewhere.

In: the section `router`, else Plano's overrides, and the usable providers. Out: `Chooser`. Plano's hosted service is
never called: a model that is named but has no address leaves the choice to the embedded router; the checks say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from control_plane import config
from control_plane.gateway import Endpoint
from control_plane.model_names import served_by
from control_plane.plan.providers import Passthrough, Provider
from control_plane.problems import Place, Problems

CONTEXT_TOKENS = 8192
_PATH = Endpoint.CHAT_COMPLETIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    """`provider` and `model` (its id there) are None where the embedded router is alone. `at`: what decided, None = a
    default."""

    kind: Literal["embedded", "vllm", "cascade"]
    provider: Provider | None
    model: str | None
    prompt: str
    context_tokens: int
    threshold: float | None
    at: Place | None


@dataclass(frozen=True, slots=True)
class Named:
    """A model that the configuration names as the router. `asked`: by our own key, so that it must be one."""

    key: str
    model: str
    asked: bool
    at: Place


@dataclass(frozen=True, slots=True)
class Served:
    provider: Provider
    model: str
    at: Place


def chooser(whole: config.Config, providers: Sequence[Provider], problems: Problems) -> Chooser:
    """Problems: a model that does not speak chat completions (an error where our own key names it)."""
    written = whole.router or config.Router(at=whole.at)
    found = (_served(whole, named, providers, problems) for named in _named(whole))
    served = None if written.kind == "embedded" else next((one for one in found if one), None)
    if served and isinstance(served.provider.authentication, Passthrough):
        _warn_passthrough(served, problems)
    length = whole.overrides.orchestrator_model_context_length if whole.overrides else None
    return Chooser(
        kind=(written.kind or "vllm") if served else "embedded",
        provider=served.provider if served else None,
        model=served.model if served else None,
        prompt=written.prompt or "",
        context_tokens=written.context_length or length or CONTEXT_TOKENS,
        threshold=written.threshold,
        at=whole.router.at if whole.router else served.at if served else None,
    )


def _named(whole: config.Config) -> Iterator[Named]:
    """The section's model; without one those of Plano's overrides, in Plano's order."""
    router, overrides = whole.router, whole.overrides
    if router and router.model:
        yield Named("router.model", router.model, True, router.at)
    elif overrides:
        for key in ("llm_routing_model", "agent_orchestration_model"):
            if model := getattr(overrides, key):
                yield Named(f"overrides.{key}", model, False, overrides.at)


def _served(whole: config.Config, named: Named, providers: Sequence[Provider], problems: Problems) -> Served | None:
    """The provider to ask for it, None where there is none."""
    found = served_by(whole, named.model)
    provider = next((provider for provider in providers if found and provider.entry is found[0]), None)
    if found is None or provider is None:
        return None
    if provider.serves(_PATH, found[1]):
        return Served(provider, found[1], named.at)
    what = f"{named.key} is {provider.label}, which does not answer {_PATH}, the path a router is asked on"
    report = problems.error if named.asked else problems.warn
    report(named.at, "router-model", what, "name a model that speaks chat completions, or write router.kind: embedded")
    return None


def _warn_passthrough(served: Served, problems: Problems) -> None:
    what = f"the router model {served.provider.label} passes on the caller's key, which its own calls lack"
    do = "write access_key, or passthrough_auth: false"
    problems.warn(served.provider.entry.at, "router-credential", what, do)
