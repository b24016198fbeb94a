"""Who chooses by meaning: the embedded router, or a model that is served somewhere.

In: the section `router`, else Plano's overrides, and the usable providers. Out: `Chooser`. Plano's hosted service is
never called: a model that is named but has no address leaves the choice to the embedded router, with a warning.
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
    """A model that some key of the configuration names as the router."""

    key: str
    model: str
    at: Place


@dataclass(frozen=True, slots=True)
class Served:
    provider: Provider
    model: str


def chooser(whole: config.Config, providers: Sequence[Provider], problems: Problems) -> Chooser:
    """Problems: `router.model` that cannot be asked (an error); a model of the overrides that cannot (a warning)."""
    written = whole.router or config.Router(at=whole.at)
    served = _served(whole, providers, problems)
    kind = written.kind or ("vllm" if served else "embedded")
    if kind == "embedded":
        served = None
    if served:
        _warn_passthrough(served, problems)
    length = whole.overrides.orchestrator_model_context_length if whole.overrides else None
    return Chooser(
        kind=kind,
        provider=served.provider if served else None,
        model=served.model if served else None,
        prompt=written.prompt or "",
        context_tokens=written.context_length or length or CONTEXT_TOKENS,
        threshold=written.threshold,
        at=whole.router.at if whole.router else whole.overrides.at if served and whole.overrides else None,
    )


def _served(whole: config.Config, providers: Sequence[Provider], problems: Problems) -> Served | None:
    """The model that `router` names, else the first of the overrides' that can be asked."""
    router = whole.router
    if router and (router.model or router.kind == "embedded"):
        return _explicit(whole, router, providers, problems) if router.kind != "embedded" else None
    named = list(overridden(whole))
    found = [served for one in named if (served := _ask(whole, one, providers))]
    if not found and router and router.kind:
        what = f"router.kind is {router.kind}, and no model is named for it"
        do = "write model: plano/Plano-Orchestrator, and declare that in model_providers with its base_url"
        problems.error(router.at, "router-model", what, do)
    elif not found:
        for one in named[:1]:
            _warn_embedded(one, problems)
    return found[0] if found else None


def _explicit(
    whole: config.Config, router: config.Router, providers: Sequence[Provider], problems: Problems
) -> Served | None:
    named = Named("router.model", router.model or "", router.at)
    served = _ask(whole, named, providers)
    if served is None:
        what = f"router.model '{named.model}' has no address that answers {Endpoint.CHAT_COMPLETIONS}"
        problems.error(router.at, "router-model", what, "name an entry of model_providers with base_url: http://...")
    return served


def overridden(whole: config.Config) -> Iterator[Named]:
    """The router models of Plano's overrides, in Plano's order."""
    for key in ("llm_routing_model", "agent_orchestration_model"):
        model = getattr(whole.overrides, key) if whole.overrides else None
        if whole.overrides and model:
            yield Named(f"overrides.{key}", model, whole.overrides.at)


def _ask(whole: config.Config, named: Named, providers: Sequence[Provider]) -> Served | None:
    """The provider to ask for it, None where there is none or it does not speak chat completions."""
    found = served_by(whole, named.model)
    if found is None:
        return None
    entry, model = found
    provider = next((provider for provider in providers if provider.entry is entry), None)
    able = provider and provider.serves(Endpoint.CHAT_COMPLETIONS, model)
    return Served(provider, model) if provider and able else None


def _warn_embedded(named: Named, problems: Problems) -> None:
    what = f"{named.key} is '{named.model}', which model_providers does not declare with an address: Plano would ask"
    problems.warn(
        named.at,
        "router-embedded",
        f"{what} its hosted service, here the embedded router chooses",
        f"declare it, for example '{{model: plano/{named.model.removeprefix('plano/')}, base_url: "
        "http://localhost:8000}', or remove it",
    )


def _warn_passthrough(served: Served, problems: Problems) -> None:
    if isinstance(served.provider.authentication, Passthrough):
        problems.warn(
            served.provider.entry.at,
            "router-credential",
            f"the router model {served.provider.label} passes on the caller's key, which its own calls lack",
            "write access_key, or passthrough_auth: false",
        )
