"""Listeners of the document -> `config.Listener`: values as written, paths absolute, no defaults."""

from __future__ import annotations

from typing import Literal

from control_plane.config import ApiKey, Auth, Jwt, Listener, ListenerAgent, Retry, Timeouts, Tls
from control_plane.read import choosing
from control_plane.read.sections import Section


def listeners(root: Section) -> tuple[Listener, ...]:
    """An entry whose type is unknown is left out: nothing can be said about it."""
    return tuple(found for section in root.items("listeners") if (found := _listener(section)))


def _listener(section: Section) -> Listener | None:
    kind: Literal["model", "prompt", "agent"]
    match section.text("type"):
        case "model" | "prompt" | "agent" as kind:
            pass
        case _:
            return None
    return Listener(
        type=kind,
        name=section.required("name"),
        port=section.whole("port"),
        address=section.text("address"),
        timeout=section.seconds("timeout"),
        router=section.text("router"),
        max_retries=section.whole("max_retries"),
        agents=tuple(_agent(agent) for agent in section.items("agents")),
        decision=choosing.decision(section.section("decision")),
        input_filters=section.texts("input_filters") or (),
        output_filters=section.texts("output_filters") or (),
        tls=_tls(section.section("tls")),
        auth=_auth(section.section("auth")),
        timeouts=timeouts(section),
        retry=retry(section),
        max_body_bytes=section.whole("max_body_bytes"),
        models=section.texts("models"),
        at=section.at,
    )


def _agent(section: Section) -> ListenerAgent:
    return ListenerAgent(
        id=section.required("id"),
        description=section.required("description"),
        examples=section.texts("examples") or (),
        default=section.flag("default"),
        input_filters=section.texts("input_filters") or (),
        at=section.at,
    )


def _tls(section: Section | None) -> Tls | None:
    if section is None:
        return None
    return Tls(
        cert_file=section.file("cert_file") or "",
        key_file=section.file("key_file") or "",
        client_ca_file=section.file("client_ca_file"),
        at=section.at,
    )


def _auth(section: Section | None) -> Auth | None:
    if section is None:
        return None
    return Auth(
        api_keys=tuple(found for item in section.items("api_keys") if (found := _api_key(item))),
        jwt=tuple(_jwt(item) for item in section.items("jwt")),
        header=section.text("header"),
        at=section.at,
    )


def _api_key(section: Section) -> ApiKey | None:
    key = section.secret("key")
    if key is None:
        return None
    return ApiKey(name=section.required("name"), key=key, models=section.texts("models"), at=section.at)


def _jwt(section: Section) -> Jwt:
    return Jwt(
        name=section.required("name"),
        issuer=section.required("issuer"),
        audiences=section.texts("audiences"),
        jwks_file=section.file("jwks_file"),
        jwks_uri=section.text("jwks_uri"),
        caller_claim=section.text("caller_claim"),
        models=section.texts("models"),
        at=section.at,
    )


def timeouts(owner: Section) -> Timeouts | None:
    section = owner.section("timeouts")
    if section is None:
        return None
    return Timeouts(
        connect=section.seconds("connect"),
        first_byte=section.seconds("first_byte"),
        idle=section.seconds("idle"),
        total=section.seconds("total"),
        at=section.at,
    )


def retry(owner: Section) -> Retry | None:
    section = owner.section("retry")
    if section is None:
        return None
    return Retry(
        attempts=section.whole("attempts"),
        on=section.texts("on"),
        status_codes=section.wholes("status_codes"),
        backoff_base=section.seconds("backoff_base"),
        backoff_max=section.seconds("backoff_max"),
        at=section.at,
    )
