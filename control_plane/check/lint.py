"""Things that work but are probably not meant: no default model, unused entries, vague descriptions, keys in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from control_plane.check.places import Places
from control_plane.config import Agent, Config, Filter, Header, ListenerAgent, RoutingPreference, Text
from control_plane.model_names import ModelNames, is_wildcard
from control_plane.problems import Place, Problems
from control_plane.read.schema_check import shown

_CREDENTIAL_HEADERS = frozenset(("authorization", "x-api-key", "api-key", "x-goog-api-key", "proxy-authorization"))
_VARIABLE_LIKE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_EMPTY_WORDS = frozenset(
    ("a", "an", "and", "for", "in", "is", "it", "of", "on", "or", "the", "this", "to", "with", "task", "tasks", "test")
)


def check(config: Config, places: Places, problems: Problems) -> None:
    _check_default(config, places, problems)
    _check_unused(config, places, problems)
    if places.is_empty("agents"):
        what = "'agents' has no effect: the list is empty"
        problems.warn(places.top("agents"), "no-effect", what, "declare an agent in it, or remove it")
    tasks = ((r.name, r.description, places.of(r.at, "description")) for r in config.routing_preferences)
    _check_descriptions(tasks, problems)
    _check_empty(config.routing_preferences, places, problems)
    for listener in config.listeners:
        if len(listener.agents) > 1:
            agents = ((a.id, a.description, places.of(a.at, "description")) for a in listener.agents)
            _check_descriptions(agents, problems)
            _check_empty(listener.agents, places, problems)
    _check_prompt_targets(config, places, problems)
    _check_literals(config, places, problems)


def _check_default(config: Config, places: Places, problems: Problems) -> None:
    serves = any(listener.type != "agent" for listener in config.listeners)
    models = [p for p in config.model_providers if p.model and not is_wildcard(p)]
    if serves and models and not any(provider.default for provider in config.model_providers):
        what = "there is no default model: a request that names no model is refused"
        problems.warn(places.top_key("model_providers"), "no-default", what, "add 'default: true' to one provider")


def _check_unused(config: Config, places: Places, problems: Problems) -> None:
    used = {name for x in config.listeners for name in (*x.input_filters, *x.output_filters)}
    used |= {name for x in config.listeners for agent in x.agents for name in (agent.id, *agent.input_filters)}
    used |= {str(e.get("name")) for t in config.prompt_targets if isinstance(e := t.get("endpoint"), dict)}
    owners: list[Agent | Filter] = [*config.agents, *config.filters]
    for owner in owners:
        if owner.id and owner.id not in used:
            what = f"'{shown(owner.id)}' is used by no listener"
            problems.warn(owner.at, "unused", what, "name it in a listener, or remove it")
    _check_unused_providers(config, problems)


def _check_unused_providers(config: Config, problems: Problems) -> None:
    """Only where every listener limits its models: else each provider is offered somewhere."""
    serving = [listener for listener in config.listeners if listener.type != "agent"]
    if not serving or any(listener.models is None for listener in serving):
        return
    reach = ModelNames(config).reach(entry for listener in serving for entry in listener.models or ())
    for provider in config.model_providers:
        if provider.model and not reach.covers(provider):
            what = f"the provider '{shown(provider.name or provider.model)}' is offered by no listener"
            problems.warn(provider.at, "unused-provider", what, "add it to a listener's 'models', or remove it")


def _check_descriptions(described: Iterable[tuple[str, str, Place]], problems: Problems) -> None:
    first: dict[str, str] = {}
    for name, description, at in described:
        words = re.findall(r"\w+", description.casefold())
        if not name or not description.strip():
            continue
        # A language without spaces has few "words" and still says much.
        if len(set(words) - _EMPTY_WORDS) < 2 and description.isascii():
            what = f"the description of '{shown(name)}' is too vague to choose by"
            problems.warn(at, "vague-description", what, "say in a sentence which requests belong here")
        other = first.setdefault(" ".join(words), name)
        if other != name:
            what = f"'{shown(name)}' and '{shown(other)}' are described alike, so the choice between them is chance"
            problems.warn(at, "equal-description", what, "say what tells them apart")


def _check_empty(options: Iterable[ListenerAgent | RoutingPreference], places: Places, problems: Problems) -> None:
    """Nothing is said here of a description that is missing or no text."""
    for option in options:
        written = places.text(option.at, "description")
        if written is not None and not written.strip():
            name = option.id if isinstance(option, ListenerAgent) else option.name
            what = f"the description of '{shown(name)}' is empty, and requests are chosen by it"
            at = places.of(option.at, "description")
            problems.warn(at, "vague-description", what, "say in a sentence which requests belong here")


def _check_prompt_targets(config: Config, places: Places, problems: Problems) -> None:
    described = [
        (str(t.get("name") or ""), str(t.get("description") or ""), places.top("prompt_targets", i, "description"))
        for i, t in enumerate(config.prompt_targets)
        if t.get("default") is not True
    ]
    _check_descriptions(described, problems)


def _check_literals(config: Config, places: Places, problems: Problems) -> None:
    for provider in config.model_providers:
        _check_literal(provider.access_key, "access_key", places.of(provider.at, "access_key"), problems)
        for header in filter(_is_credential, provider.headers):
            _check_literal_header(header, problems)
    for listener in config.listeners:
        for key in listener.auth.api_keys if listener.auth else ():
            _check_literal(key.key, "the key of a caller", places.of(key.at, "key"), problems)


def _is_credential(header: Header) -> bool:
    return header.name.lower() in _CREDENTIAL_HEADERS


def _check_literal_header(header: Header, problems: Problems) -> None:
    """An error: headers become part of what is rendered, and no rendered file may hold a secret."""
    if header.value.template.strip() and not header.value.variables:
        what = f"the value of the header {header.name} is written in the file, and would be in the rendered one too"
        do = "write $NAME and keep the value in the environment or in a .env file, or use access_key"
        problems.error(header.at, "literal-secret", what, do)


def _check_literal(text: Text | None, name: str, at: Place, problems: Problems) -> None:
    if text is None or text.variables or not text.template.strip():
        return
    do = "write $NAME and keep the value in the environment or in a .env file"
    if _VARIABLE_LIKE.fullmatch(text.template):
        do = "if it is the name of a variable, write '$' before it"
    problems.warn(at, "literal-secret", f"{name} is written in the file, where everyone who reads it sees it", do)
