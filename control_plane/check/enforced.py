"""Keys that are read and carried on although nothing acts on them yet: one loud warning for each place.

A key must never be ignored in silence. What is listed here moves out when its behaviour lands.
"""

from __future__ import annotations

from control_plane.check.places import Places
from control_plane.config import Config, Listener, Overrides, PromptCaching
from control_plane.problems import Place, Problems

_SECTIONS = {
    "prompt_targets": "no API is called, prompts go to the model as they are",
    "prompt_guards": "prompts pass unchecked",
    "ratelimits": "requests pass without any limit",
    "state_storage": "conversations are not kept, previous_response_id goes to the provider as it is",
    "system_prompt": "no prompt is added to requests",
    "mode": "it selects nothing",
}
_OVERRIDES = {
    "prompt_target_intent_matching_threshold": "prompt targets do not exist yet",
    "optimize_context_window": "messages are never cut",
    "use_agent_orchestrator": "an agent answers where a listener names it",
}


def check(config: Config, places: Places, problems: Problems) -> None:
    for key, effect in _SECTIONS.items():
        if getattr(config, key) not in (None, (), {}):
            _warn(places.top_key(key), key, effect, problems)
    if config.endpoints and not config.prompt_targets:
        _warn(places.top_key("endpoints"), "endpoints", "nothing calls them", problems)
    for endpoint in config.endpoints:
        if endpoint.prefix_affinity:
            at = places.of(endpoint.at, "prefix_affinity")
            _warn(at, "prefix_affinity", "requests are spread without regard to their prefix", problems)
    for listener in config.listeners:
        _check_listener(listener, places, problems)
    if config.prompt_caching:
        _check_caching(config.prompt_caching, places, problems)
    if config.overrides:
        _check_overrides(config.overrides, places, problems)
    _check_tracing(config, places, problems)


def _warn(at: Place, key: str, effect: str, problems: Problems) -> None:
    what = f"{key} is not enforced yet: {effect}"
    problems.warn(at, "not-enforced", what, "do not rely on it, or remove it")


def _check_listener(listener: Listener, places: Places, problems: Problems) -> None:
    effect = "requests pass without it"
    if listener.input_filters:
        _warn(places.of(listener.at, "input_filters"), "input_filters", effect, problems)
    if listener.output_filters:
        _warn(places.of(listener.at, "output_filters"), "output_filters", "answers pass without it", problems)
    for agent in listener.agents:
        if agent.input_filters:
            _warn(places.of(agent.at, "input_filters"), "input_filters", effect, problems)


def _check_caching(caching: PromptCaching, places: Places, problems: Problems) -> None:
    """Sessions work, marks in the request do not."""
    marks = caching.inject_cache_control
    if marks or (caching.enabled and marks is None):
        key = "inject_cache_control" if marks else "enabled"
        _warn(places.of(caching.at, key), f"prompt_caching.{key}", "requests pass without cache marks", problems)
    if caching.min_prefix_tokens is not None:
        at = places.of(caching.at, "min_prefix_tokens")
        _warn(at, "prompt_caching.min_prefix_tokens", "requests pass without cache marks", problems)


def _check_overrides(overrides: Overrides, places: Places, problems: Problems) -> None:
    for key, effect in _OVERRIDES.items():
        if getattr(overrides, key) not in (None, False):
            _warn(places.of(overrides.at, key), f"overrides.{key}", effect, problems)
    if overrides.disable_signals is False:
        at = places.of(overrides.at, "disable_signals")
        _warn(at, "overrides.disable_signals", "conversations are never analysed", problems)


def _check_tracing(config: Config, places: Places, problems: Problems) -> None:
    tracing = config.tracing
    if tracing is None:
        return
    if tracing.exporters:
        _warn(places.of(tracing.at, "exporters"), "tracing.exporters", "spans go to the collector only", problems)
    if (tracing.span_attributes or {}).get("header_prefixes"):
        at = places.top("tracing", "span_attributes", "header_prefixes")
        _warn(at, "tracing.span_attributes.header_prefixes", "request headers do not become attributes", problems)
