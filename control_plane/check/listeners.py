"""Listeners one by one: address, port, callers, and settings that make no sense for their type."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from control_plane.check.places import Places
from control_plane.check.providers import HEADER_NAME
from control_plane.check.urls import url_fault
from control_plane.config import ApiKey, Auth, Config, Jwt, Listener
from control_plane.model_names import ModelNames
from control_plane.problems import Problems
from control_plane.read.schema_check import shown


def check(config: Config, places: Places, problems: Problems) -> None:
    if places.is_empty("listeners") and not config.model_providers:
        do = "add one, for example '- {type: model, name: llm, port: 12000}'"
        problems.error(places.top("listeners"), "missing", "there is no listener", do)
    names = ModelNames(config)
    for listener in config.listeners:
        _check_address(listener, places, problems)
        _check_kind(listener, config, places, problems)
        if listener.auth:
            _check_auth(listener.auth, places, problems)
            _check_passthrough(listener, listener.auth, names, problems)


def _check_address(listener: Listener, places: Places, problems: Problems) -> None:
    at, address = places.of(listener.at, "address"), listener.address
    if address is not None:
        try:
            ip_address(address)
        except ValueError:
            do = "write 127.0.0.1" if address == "localhost" else "write an IP address, such as 0.0.0.0 or 127.0.0.1"
            problems.error(at, "address", f"the address '{shown(address)}' is not an IP address", do)
    if listener.port is None and listener.type == "agent" and places.of(listener.at, "port") == listener.at:
        what = f"the agent listener '{shown(listener.name)}' has no port"
        problems.error(listener.at, "missing", what, "add 'port: ...', for example 8001")


def _check_kind(listener: Listener, config: Config, places: Places, problems: Problems) -> None:
    if listener.type == "agent":
        if not listener.agents and places.of(listener.at, "agents") == listener.at:
            what = f"the agent listener '{shown(listener.name)}' has no agents"
            problems.error(listener.at, "missing", what, "add 'agents:' with at least one declared agent")
        for key in ("models", "output_filters"):
            _warn_no_effect(listener, key, "an agent listener serves no models itself", places, problems)
        return
    for key in ("agents", "router"):
        _warn_no_effect(listener, key, f"a {listener.type} listener serves no agents", places, problems)
    if not config.model_providers and places.top("model_providers") == places.top():
        what = f"the listener '{shown(listener.name)}' serves models and there are no model_providers"
        problems.error(listener.at, "missing", what, "add 'model_providers:' with at least one model")


def _warn_no_effect(listener: Listener, key: str, why: str, places: Places, problems: Problems) -> None:
    if getattr(listener, key):
        what = f"'{key}' has no effect here: {why}"
        problems.warn(places.of(listener.at, key), "no-effect", what, "remove it, or change the listener's type")


def _check_auth(auth: Auth, places: Places, problems: Problems) -> None:
    if not auth.api_keys and not auth.jwt and places.of(auth.at, "api_keys") == places.of(auth.at, "jwt"):
        what = "auth names neither api_keys nor jwt, so nobody could call"
        problems.error(auth.at, "missing", what, "add 'api_keys:' or 'jwt:', or remove auth")
    if auth.header is not None and not HEADER_NAME.fullmatch(auth.header):
        problems.error(places.of(auth.at, "header"), "header", "this is not a header name", "use letters and -")
    _check_unique(auth.api_keys, places, problems)
    _check_unique(auth.jwt, places, problems)
    seen: dict[str, ApiKey] = {}
    for key in auth.api_keys:
        _check_key(key, seen.setdefault(key.key.template, key), places, problems)
    for jwt in auth.jwt:
        _check_jwt(jwt, places, problems)


def _check_unique(callers: Iterable[ApiKey | Jwt], places: Places, problems: Problems) -> None:
    seen: set[str] = set()
    for caller in callers:
        if caller.name and caller.name in seen:
            what = f"the name '{shown(caller.name)}' is given twice"
            problems.error(places.of(caller.at, "name"), "duplicate", what, "give every caller a name of its own")
        seen.add(caller.name)


def _check_key(key: ApiKey, first: ApiKey, places: Places, problems: Problems) -> None:
    at = places.of(key.at, "key")
    if first is not key:
        what = f"'{shown(key.name)}' and '{shown(first.name)}' have the same key, so they cannot be told apart"
        problems.error(at, "duplicate", what, "give every caller a key of its own")
    if any(ch.isspace() for ch in key.key.template.strip()) or not key.key.template.isprintable():
        problems.error(at, "key-form", "an API key cannot hold spaces or control characters", "correct it")


def _check_jwt(jwt: Jwt, places: Places, problems: Problems) -> None:
    if (jwt.jwks_file is None) == (jwt.jwks_uri is None):
        do = "give exactly one: jwks_file (keys in a file) or jwks_uri (keys fetched from the issuer)"
        what = "the issuer's keys are given twice" if jwt.jwks_file else "the issuer's keys are not given"
        problems.error(jwt.at, "jwks", what, do)
    if jwt.jwks_uri is not None and (fault := url_fault(jwt.jwks_uri)):
        at = places.of(jwt.at, "jwks_uri")
        problems.error(at, "address", f"jwks_uri {fault}", "write for example https://login.example.com/jwks.json")


def _check_passthrough(listener: Listener, auth: Auth, names: ModelNames, problems: Problems) -> None:
    """A caller's gateway key must not become what a provider is shown."""
    if listener.type == "agent":
        return
    shared = auth.header is None or auth.header.lower() in ("authorization", "x-api-key")
    reach = None if listener.models is None else names.reach(listener.models)
    for provider in names.config.model_providers:
        if not provider.passthrough_auth or (reach and not reach.covers(provider)):
            continue
        who = f"'{shown(provider.name or provider.model)}' (passthrough_auth)"
        if auth.api_keys and shared:
            what = f"callers of '{shown(listener.name)}' send their key in Authorization, and {who} would get it"
            do = "set auth.header to another header, or leave the provider out with the listener's 'models'"
            problems.error(auth.at, "key-leak", what, do)
        elif auth.jwt:
            what = f"tokens of callers of '{shown(listener.name)}' are in Authorization, and {who} gets them"
            do = "leave the provider out with the listener's 'models', unless it shall see them"
            problems.warn(auth.at, "token-leak", what, do)
