"""Warnings of the cross-checks, what is not enforced yet, and what looks odd but is no fault."""

import pytest

from control_plane.tests.configs import AGENTS, HEAD, KEY, listener, provider, read_text, second

WARNINGS = {
    "no default": (HEAD.replace(", default: true", ""), 6, "no-default", "refused"),
    "key in the file": (HEAD.replace("$K", "sk-secret"), 7, "literal-secret", "written in the file"),
    "key of a caller in the file": (
        second("auth: {api_keys: [{name: x, key: sk-secret}]}"),
        6,
        "literal-secret",
        "written in the file",
    ),
    "both credentials": (
        provider("model: openai/x, passthrough_auth: true, " + KEY),
        8,
        "credential-conflict",
        "not used",
    ),
    "interface said twice": (
        provider("model: openai/x, provider_interface: openai, " + KEY),
        8,
        "redundant-interface",
        "already says",
    ),
    "wildcard twice": (
        provider("model: openai/*, " + KEY, "model: openai/*, " + KEY),
        9,
        "duplicate",
        "already declared",
    ),
    "alias hides a model": (
        provider("model: openai/o3, " + KEY) + "model_aliases:\n  gpt-4o: {target: o3}\n",
        10,
        "alias-shadows-model",
        "hides",
    ),
    "vague preference": (
        HEAD + "routing_preferences: [{name: n, description: code, models: [gpt-4o]}]\n",
        8,
        "vague-description",
        "too vague",
    ),
    "equal preferences": (
        HEAD + "routing_preferences:\n  - {name: n, description: writing new code, models: [gpt-4o]}\n"
        "  - {name: m, description: Writing new code!, models: [gpt-4o]}\n",
        10,
        "equal-description",
        "alike",
    ),
    "tokens reach a provider": (
        second("auth: {jwt: [{name: i, issuer: x, jwks_file: f}]}").replace(KEY, "passthrough_auth: true"),
        6,
        "token-leak",
        "gets them",
    ),
    "provider that nobody offers": (
        provider("model: mistral/m, " + KEY).replace("port: 12000", "port: 12000, models: ['openai/*']"),
        8,
        "unused-provider",
        "offered by no listener",
    ),
    "models on an agent listener": (
        listener(f"{{type: agent, name: a, port: 1, models: [gpt-4o], agents: {AGENTS}}}"),
        6,
        "no-effect",
        "'models'",
    ),
    "agents on a model listener": (
        listener(f"{{type: model, name: a, port: 1, agents: {AGENTS}}}"),
        6,
        "no-effect",
        "'agents'",
    ),
    "connect on an alias": (
        HEAD + "model_aliases: {quick: {target: gpt-4o, timeouts: {connect: 2s}}}\n",
        8,
        "no-effect",
        "'connect'",
    ),
    "timeout twice": (second("timeout: 5s, timeouts: {total: 6s}"), 6, "overruled", "timeouts.total"),
    "status codes without their word": (
        second("retry: {on: [reset], status_codes: [429]}"),
        6,
        "no-effect",
        "status_codes",
    ),
    "cheapest without costs": (
        HEAD + "routing_preferences:\n"
        "  - {name: n, description: writing code, models: [gpt-4o], selection_policy: {prefer: cheapest}}\n",
        9,
        "no-source",
        "prices this version",
    ),
    "budget without costs": (
        HEAD + "routing: {routing_budget: {max_switch_spend_pct: 10}}\n",
        8,
        "no-source",
        "routing_budget",
    ),
    "prices of an undeclared model": (
        HEAD + "model_metrics_sources: [{type: cost, provider: models.dev, model_aliases: {x: gpt-5}}]\n",
        8,
        "unknown-model",
        "'gpt-5'",
    ),
    "query of a cost source": (
        HEAD + "model_metrics_sources: [{type: cost, provider: models.dev, query: up}]\n",
        8,
        "no-effect",
        "'query'",
    ),
    "model of old releases": (HEAD + "routing: {model: gpt-4o}\n", 8, "no-effect", "routing.model"),
    "address of sessions in memory": (
        HEAD + "routing: {session_cache: {url: $R}}\n",
        8,
        "no-effect",
        "in memory",
    ),
    "shared sessions": (HEAD + "routing: {session_cache: {type: redis, url: $R}}\n", 8, "no-tenant", "tenants"),
}


@pytest.mark.parametrize(("text", "line", "rule", "what"), WARNINGS.values(), ids=WARNINGS.keys())
def test_warnings(text: str, line: int, rule: str, what: str) -> None:
    config, problems = read_text(text)
    assert config is not None, "\n".join(map(str, problems.errors))
    told = [p for p in problems.warnings if p.rule == rule]
    assert [p.place.line for p in told] == [line], "\n".join(map(str, problems))
    assert what in told[0].what and not any("sk-secret" in str(p) for p in problems)


NOT_ENFORCED = {
    "prompt_targets": "prompt_targets: [{name: n, description: asks the weather service}]",
    "prompt_guards": "prompt_guards: {input_guards: {jailbreak: {on_exception: {message: no}}}}",
    "ratelimits": "ratelimits: [{model: gpt-4o, selector: {key: k}, limit: {tokens: 1, unit: day}}]",
    "state_storage": "state_storage: {type: memory}",
    "prompt_caching.enabled": "prompt_caching: {enabled: true}",
    "prompt_caching.inject_cache_control": "prompt_caching: {inject_cache_control: true}",
    "prompt_caching.min_prefix_tokens": "prompt_caching: {min_prefix_tokens: 2048}",
    "system_prompt": "system_prompt: be nice",
    "mode": "mode: llm",
    "endpoints": "endpoints: {e: {endpoint: h}}",
    "prefix_affinity": "endpoints: {e: {endpoint: h, prefix_affinity: true}}",
    "tracing.exporters": "tracing: {exporters: [{type: posthog, url: 'https://p', api_key: $K}]}",
    "tracing.span_attributes.header_prefixes": "tracing: {span_attributes: {header_prefixes: [x-]}}",
    "overrides.optimize_context_window": "overrides: {optimize_context_window: true}",
    "overrides.use_agent_orchestrator": "overrides: {use_agent_orchestrator: true}",
    "overrides.prompt_target_intent_matching_threshold": "overrides: {prompt_target_intent_matching_threshold: 0.5}",
    "overrides.disable_signals": "overrides: {disable_signals: false}",
}


@pytest.mark.parametrize(("key", "text"), NOT_ENFORCED.items(), ids=NOT_ENFORCED.keys())
def test_what_is_not_enforced_yet_is_said_once(key: str, text: str) -> None:
    config, problems = read_text(HEAD + text + "\n")
    assert config is not None, "\n".join(map(str, problems.errors))
    told = [p.what for p in problems.warnings if p.rule == "not-enforced"]
    assert sum(what.startswith(f"{key} is not enforced yet: ") for what in told) == 1, told


ENFORCED = {
    "a preference": "routing_preferences: [{name: n, description: writing new code, models: [gpt-4o]}]",
    "sessions": "routing: {route_on_user_only: true, session_ttl_seconds: 60}",
    "affinity": "prompt_caching: {enabled: true, inject_cache_control: false}",
    "prices": "model_metrics_sources: [{type: cost, provider: models.dev, url: 'https://h/p?all=1'}]",
    "length of a router's context": "overrides: {orchestrator_model_context_length: 4096}",
    "calls inside the gateway": "tracing: {random_sampling: 1, trace_arch_internal: true}",
    "redis without a password": "routing: {session_cache: {type: redis, tenant_header: x, url: 'redis://h'}}",
    "redis wholly in a variable": "routing: {session_cache: {type: redis, tenant_header: x, url: $REDIS}}",
}


@pytest.mark.parametrize("text", ENFORCED.values(), ids=ENFORCED.keys())
def test_what_works_is_not_warned_of(text: str) -> None:
    config, problems = read_text(HEAD + text + "\n")
    assert config is not None, "\n".join(map(str, problems.errors))
    unused = {"unused"}
    assert [str(p) for p in problems.warnings if p.rule not in unused] == []


def test_filters_are_not_enforced_yet() -> None:
    text = second("input_filters: [guard], output_filters: [rag]").replace(
        "model_providers:",
        "  - {type: agent, name: a, port: 2, agents: ["
        "{id: rag, description: about the handbook, input_filters: [guard]},"
        " {id: web, description: searches the web pages}]}\nmodel_providers:",
    )
    _, problems = read_text(text)
    assert [p.place.line for p in problems.warnings if p.rule == "not-enforced"] == [6, 6, 7]


ACCEPTED = {
    "one bare id at several providers": provider("model: azure_openai/gpt-4o, base_url: 'https://a.example', " + KEY),
    "one model with two accounts": provider("model: openai/gpt-4o, name: second, " + KEY),
    "one host with two ports": provider(
        "model: my/a, base_url: 'http://h:1', provider_interface: openai",
        "model: my/b, base_url: 'http://h:2', provider_interface: openai",
    ),
    "alias to a model behind a wildcard": provider("model: anthropic/*, " + KEY)
    + "model_aliases: {a: {target: anthropic/claude-new}}\n",
    "alias to a listed bare id": provider("model: anthropic/*, " + KEY)
    + "model_aliases: {a: {target: claude-sonnet-4-6}}\n",
    "alias to a provider's name": provider("model: openai/x, name: mine, " + KEY)
    + "model_aliases: {a: {target: mine}}\n",
    "alias of an alias": HEAD + "model_aliases: {a: {target: b}, b: {target: gpt-4o}}\n",
    "alias that spreads a model over its providers": provider(
        "model: azure_openai/gpt-4o, base_url: 'https://a.example', " + KEY
    )
    + "model_aliases: {gpt-4o: {targets: [{model: openai/gpt-4o}, {model: azure_openai/gpt-4o}]}}\n",
    "same port on two addresses": listener("{type: model, name: b, port: 12000, address: 127.0.0.1}").replace(
        "port: 12000}", "port: 12000, address: 127.0.0.2}", 1
    ),
    "passthrough behind a header of our own": second("auth: {header: x-gw, api_keys: [{name: x, key: $A}]}").replace(
        KEY, "passthrough_auth: true"
    ),
    "passthrough that the listener leaves out": (
        provider("model: mistral/m, passthrough_auth: true").replace(
            "port: 12000", "port: 12000, models: ['openai/*'], auth: {api_keys: [{name: x, key: $A}]}"
        )
    ),
    "bedrock signed": provider("model: amazon_bedrock/nova, aws: {region: eu-west-1}"),
    "ipv6": listener("{type: model, name: b, port: 12000, address: '::1'}"),
    "agents only": "version: v0.4.0\nagents: [{id: rag, url: http://h:1/x}]\n"
    + "listeners:\n  - {type: agent, name: a, port: 1, agents: "
    + AGENTS
    + "}\n",
    "agents as filters": second("input_filters: [rag]"),
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_is_no_fault(text: str) -> None:
    _, problems = read_text(text)
    assert [str(p) for p in problems.errors] == []
    assert not [p for p in problems.warnings if p.rule in ("alias-shadows-model", "key-leak", "duplicate")]
