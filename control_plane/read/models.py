"""Providers, aliases and preferences of the document -> values of `config.py`, as written, no defaults."""

from __future__ import annotations

from control_plane.config import (
    AliasTarget,
    AwsAuth,
    Header,
    ModelAlias,
    ModelProvider,
    RoutingPreference,
    SelectionPolicy,
)
from control_plane.read.listeners import retry, timeouts
from control_plane.read.sections import Section


def providers(root: Section) -> tuple[ModelProvider, ...]:
    return tuple(_provider(section) for section in root.items("model_providers"))


def _provider(section: Section) -> ModelProvider:
    return ModelProvider(
        model=section.required("model"),
        name=section.text("name"),
        access_key=section.secret("access_key"),
        default=section.flag("default"),
        base_url=section.text("base_url"),
        passthrough_auth=section.flag("passthrough_auth"),
        http_host=section.text("http_host"),
        provider_interface=section.text("provider_interface"),
        headers=_headers(section.section("headers")),
        timeouts=timeouts(section),
        retry=retry(section),
        aws=_aws(section.section("aws")),
        at=section.at,
    )


def _headers(section: Section | None) -> tuple[Header, ...]:
    if section is None:
        return ()
    found = ((name, section.secret(name)) for name in section.node.entries)
    return tuple(Header(name=name, value=value, at=section.place(name)) for name, value in found if value is not None)


def _aws(section: Section | None) -> AwsAuth | None:
    if section is None:
        return None
    return AwsAuth(region=section.required("region"), service=section.text("service"), at=section.at)


def aliases(root: Section) -> tuple[ModelAlias, ...]:
    return tuple(
        ModelAlias(
            name=name,
            target=section.text("target"),
            targets=tuple(_target(item) for item in section.items("targets")),
            timeouts=timeouts(section),
            retry=retry(section),
            at=section.at,
        )
        for name, section in root.named("model_aliases")
    )


def _target(section: Section) -> AliasTarget:
    return AliasTarget(model=section.required("model"), weight=section.whole("weight"), at=section.at)


def preferences(root: Section) -> tuple[RoutingPreference, ...]:
    return tuple(
        RoutingPreference(
            name=section.required("name"),
            description=section.required("description"),
            examples=section.texts("examples") or (),
            models=section.texts("models") or (),
            selection_policy=_policy(section.section("selection_policy")),
            at=section.at,
        )
        for section in root.items("routing_preferences")
    )


def _policy(section: Section | None) -> SelectionPolicy | None:
    match section and section.text("prefer"):
        case "cheapest" | "fastest" | "none" as prefer if section:
            return SelectionPolicy(prefer=prefer, at=section.at)
    return None
