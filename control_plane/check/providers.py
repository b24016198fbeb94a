"""Providers one by one: the model's form, whose API it is, its address, its credentials."""

from __future__ import annotations

import re

from control_plane import catalogue
from control_plane.check.places import Places
from control_plane.check.urls import host_fault, url_fault, without_endpoint
from control_plane.config import Config, ModelProvider
from control_plane.gateway import OFFERED
from control_plane.problems import Problems
from control_plane.read.schema_check import shown
from control_plane.suggest import closest, listed

HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}", re.ASCII)
_MODEL = re.compile(r"[^\s\x00-\x1f\x7f]{1,256}")
_RESERVED = frozenset(("host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "keep-alive"))


def check(config: Config, places: Places, problems: Problems) -> None:
    for provider in config.model_providers:
        if provider.model:
            _check_model(provider, places, problems)
        _check_address(provider, places, problems)
        _check_headers(provider, places, problems)
        _check_credentials(provider, places, problems)


def _check_model(provider: ModelProvider, places: Places, problems: Problems) -> None:
    at, model = places.of(provider.at, "model"), provider.model
    prefix, slash, id_ = model.partition("/")
    if not slash or not prefix or not id_:
        do = "write 'provider/model-id', for example openai/gpt-4o"
        problems.error(at, "model-form", f"the model '{shown(model)}' does not name its provider", do)
    elif not _MODEL.fullmatch(model):
        problems.error(at, "model-form", f"the model '{shown(model)}' is too long or holds spaces", "correct it")
    elif "*" in prefix or ("*" in id_ and id_ != "*"):
        what = f"'*' stands for every model of a provider, so '{shown(model)}' cannot be"
        problems.error(at, "model-form", what, f"write '{shown(prefix)}/*' or the whole model id")
    else:
        _check_prefix(provider, prefix, places, problems)
    if id_ == "*" and provider.default:
        what = "a wildcard cannot be the default: it names no model to take"
        problems.error(places.of(provider.at, "default"), "wildcard-default", what, "make one model the default")


def _prefixes() -> list[str]:
    return [word for row in catalogue.providers().values() for word in (row.name, *row.aliases)]


def _check_prefix(provider: ModelProvider, prefix: str, places: Places, problems: Problems) -> None:
    row = catalogue.find(prefix)
    interface = provider.provider_interface
    if row is None:
        return _check_unknown_prefix(provider, prefix, places, problems)
    if interface is not None:
        _check_redundant_interface(provider, prefix, interface, places, problems)
    region = provider.aws.region if provider.aws else None
    if row.internal or provider.base_url is not None or catalogue.default_base_url(row, region) is not None:
        return None
    do = f"write base_url, for example {row.example or row.base_url}"
    if row.base_url is not None:
        do = "write aws: {region: ...}, or base_url"
    what = f"'{shown(provider.model)}' has no base_url, and {row.title} has no address that fits everyone"
    return problems.error(places.of(provider.at, "model"), "provider-address", what, do)


def _check_redundant_interface(
    provider: ModelProvider, prefix: str, interface: str, places: Places, problems: Problems
) -> None:
    at, row, named = places.of(provider.at, "provider_interface"), catalogue.find(prefix), catalogue.find(interface)
    if named is None:
        return _report_interface(provider, interface, places, problems)
    if row is None or named is row:
        what = f"the prefix '{shown(prefix)}' already says which API the provider speaks"
        return problems.warn(at, "redundant-interface", what, "remove provider_interface")
    if named.dialect == row.dialect and provider.base_url is not None:
        return None  # Plano has no rows for some of ours, and asks for both there
    what = f"'{shown(prefix)}' is a known provider that does not speak the API of '{shown(interface)}'"
    do = "remove provider_interface, or give the model a prefix of your own, with base_url"
    return problems.error(at, "interface-conflict", what, do)


def _check_unknown_prefix(provider: ModelProvider, prefix: str, places: Places, problems: Problems) -> None:
    interface = provider.provider_interface
    if interface is not None and catalogue.find(interface) is None:
        _report_interface(provider, interface, places, problems)
    if interface is not None and provider.base_url is not None:
        return
    near = closest(prefix, _prefixes())
    do = f"did you mean '{near}'? " if near else ""
    do += "a provider of your own needs base_url and provider_interface (whose API it speaks, for example openai)"
    problems.error(
        places.of(provider.at, "model"), "unknown-provider", f"'{shown(prefix)}' is not a known provider", do
    )


def _report_interface(provider: ModelProvider, interface: str, places: Places, problems: Problems) -> None:
    near = closest(interface, _prefixes())
    do = f"did you mean '{near}'?" if near else f"choose one of {listed(_prefixes(), 60)}"
    what = f"provider_interface '{shown(interface)}' is not known"
    problems.error(places.of(provider.at, "provider_interface"), "unknown-interface", what, do)


def _check_address(provider: ModelProvider, places: Places, problems: Problems) -> None:
    if provider.base_url is not None and (fault := url_fault(provider.base_url)):
        do = "write for example https://llm.example.com/v1"
        if "password" in fault:
            do = "put credentials into access_key or headers"
        problems.error(places.of(provider.at, "base_url"), "address", f"base_url {fault}", do)
    elif provider.base_url is not None and (base := without_endpoint(provider.base_url, list(OFFERED))):
        what = "base_url ends with an endpoint, and the gateway adds the endpoint itself"
        problems.error(places.of(provider.at, "base_url"), "address", what, f"write {shown(base)}")
    if provider.http_host is not None and (fault := host_fault(provider.http_host)):
        at = places.of(provider.at, "http_host")
        problems.error(at, "address", f"http_host {fault}", "write for example api.example.com")


def _check_headers(provider: ModelProvider, places: Places, problems: Problems) -> None:
    seen: set[str] = set()
    for header in provider.headers:
        name = header.name.lower()
        if not HEADER_NAME.fullmatch(name) or any(ch in header.value.template for ch in "\r\n\0"):
            problems.error(header.at, "header", f"'{shown(name)}' is not a valid header", "correct its name or value")
        elif name in _RESERVED or name.startswith("x-envoy-"):
            do = "use http_host" if name == "host" else "remove it"
            problems.error(header.at, "header", f"the header '{shown(name)}' is set by the gateway itself", do)
        elif name in seen:
            problems.error(header.at, "duplicate", f"the header '{shown(name)}' is given twice", "keep one of them")
        seen.add(name)


def _check_credentials(provider: ModelProvider, places: Places, problems: Problems) -> None:
    at = places.of(provider.at, "access_key")
    if provider.access_key and provider.passthrough_auth:
        what = "access_key is not used: passthrough_auth sends the caller's own key"
        problems.warn(at, "credential-conflict", what, "remove one of the two")
    if provider.aws and provider.access_key:
        what = "aws signs requests and access_key would authorise them too"
        problems.error(at, "credential-conflict", what, "remove one of the two")
    if provider.aws and provider.passthrough_auth:
        what = "aws signs requests and passthrough_auth would send the caller's key too"
        problems.error(places.of(provider.at, "aws"), "credential-conflict", what, "remove one of the two")
    if provider.access_key and not provider.access_key.template.strip():
        problems.warn(at, "empty-key", "access_key is empty: requests go without a key", "write $NAME or remove it")
