"""Two things that cannot both be: one address twice, one name twice, two defaults."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from control_plane.check.places import Places
from control_plane.config import Agent, Config, Filter, Listener, ModelProvider
from control_plane.model_names import is_wildcard
from control_plane.problems import Place, Problems
from control_plane.read.schema_check import shown

Address = IPv4Address | IPv6Address
PORTS = {"model": 12000, "prompt": 10000}


def check(config: Config, places: Places, problems: Problems) -> None:
    _check_ports(config, places, problems)
    _check_names("listener name", ((x.name, places.of(x.at, "name")) for x in config.listeners), problems)
    owners: list[Agent | Filter] = [*config.agents, *config.filters]
    ids = [(owner.id, places.of(owner.at, "id")) for owner in owners]
    endpoints = [(x.name, places.key(places.top("endpoints"), x.name)) for x in config.endpoints]
    _check_names("id", [*ids, *endpoints], problems)
    _check_names("provider name", ((p.name, places.of(p.at, "name")) for p in config.model_providers), problems)
    tasks = ((r.name, places.of(r.at, "name")) for r in config.routing_preferences)
    _check_names("routing preference name", tasks, problems)
    targets = [(str(t.get("name") or ""), places.top("prompt_targets", i)) for i, t in enumerate(config.prompt_targets)]
    _check_names("prompt target name", targets, problems)
    _check_agents(config, places, problems)
    _check_models(config, places, problems)
    _check_defaults(config, places, problems)


def _check_names(kind: str, named: Iterable[tuple[str | None, Place]], problems: Problems) -> None:
    first: dict[str, Place] = {}
    for name, at in named:
        if name and first.setdefault(name, at) != at:
            what = f"the {kind} '{shown(name)}' is already taken in line {first[name].line}"
            problems.error(at, "duplicate", what, "choose another")


def _check_ports(config: Config, places: Places, problems: Problems) -> None:
    taken: dict[tuple[int, Address], Listener] = {}
    first: dict[tuple[int, int], Listener] = {}
    for listener in config.listeners:
        port, address = listener.port or PORTS.get(listener.type), _address(listener.address)
        if port is None or address is None:
            continue
        anywhere = first.get((port, address.version)) if address.is_unspecified else None
        everywhere = taken.get((port, ip_address("0.0.0.0" if address.version == 4 else "::")))
        if other := anywhere or everywhere or taken.get((port, address)):
            what = f"port {port} is already taken by the listener '{shown(other.name)}' in line {other.at.line}"
            problems.error(places.of(listener.at, "port"), "port-conflict", what, "choose another port or address")
        taken.setdefault((port, address), listener)
        first.setdefault((port, address.version), listener)


def _address(written: str | None) -> Address | None:
    """None for what is no address, which is reported elsewhere."""
    try:
        return ip_address(written or "0.0.0.0")
    except ValueError:
        return None


def _check_agents(config: Config, places: Places, problems: Problems) -> None:
    for listener in config.listeners:
        _check_names("agent", ((a.id, places.of(a.at, "id")) for a in listener.agents), problems)
        for extra in [agent for agent in listener.agents if agent.default][1:]:
            what = f"the listener '{shown(listener.name)}' has more than one default agent"
            problems.error(places.of(extra.at, "default"), "several-defaults", what, "keep one default")


def _check_models(config: Config, places: Places, problems: Problems) -> None:
    """One model may come from several accounts when each has a name; without, the later one is never reached."""
    first: dict[tuple[str, str | None], ModelProvider] = {}
    for provider in config.model_providers:
        if not provider.model:
            continue
        other = first.setdefault((provider.model, provider.name), provider)
        if other is provider or provider.name is not None:
            continue
        at = places.of(provider.at, "model")
        what = f"the model '{shown(provider.model)}' is already declared in line {other.at.line}"
        do = "remove one, or give each a 'name' of its own"
        report = problems.warn if is_wildcard(provider) else problems.error
        report(at, "duplicate", what, do)


def _check_defaults(config: Config, places: Places, problems: Problems) -> None:
    defaults = [p for p in config.model_providers if p.default and not is_wildcard(p)]
    for extra in defaults[1:]:
        what = f"there is more than one default model; the first is in line {defaults[0].at.line}"
        problems.error(places.of(extra.at, "default"), "several-defaults", what, "keep 'default: true' at one of them")
    targets = [i for i, target in enumerate(config.prompt_targets) if target.get("default") is True]
    for index in targets[1:]:
        at = places.top("prompt_targets", index, "default")
        problems.error(at, "several-defaults", "there is more than one default prompt target", "keep one default")
