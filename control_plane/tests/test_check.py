"""Cross-checks: one small configuration for each rule, with the place and the advice a user gets."""

import re

import pytest

from control_plane.tests.configs import MINIMAL, accepted, found, read_text

HEAD = """\
version: v0.4.0
agents: [{id: rag, url: http://localhost:1}, {id: web, url: http://localhost:2}]
filters: [{id: guard, url: http://localhost:3}]
listeners:
  - {type: model, name: llm, port: 12000}
model_providers:
  - {model: openai/gpt-4o, access_key: $K, default: true}
"""
AGENTS = "[{id: rag, description: answers questions about the handbook}]"


def listener(rest: str) -> str:
    """HEAD with one more listener in line 6."""
    return HEAD.replace("model_providers:", f"  - {rest}\nmodel_providers:")


def provider(*rest: str) -> str:
    """HEAD with more providers from line 8 on."""
    return HEAD + "".join(f"  - {{{one}}}\n" for one in rest)


KEY = "access_key: $K"

# name: (configuration, line of the problem, rule, words of the problem, words of the advice)
ERRORS = {
    "two listeners on one port": (listener("{type: prompt, name: b, port: 12000}"), 6, "port-conflict", "'llm' in line 5", "another port"),
    "every address overlaps with one": (listener("{type: model, name: b, port: 12000, address: 127.0.0.1}"), 6, "port-conflict", "12000", "address"),
    "default ports collide": (listener("{type: model, name: b}"), 6, "port-conflict", "12000", "another port"),
    "two listeners of one name": (listener("{type: model, name: llm, port: 1}"), 6, "duplicate", "'llm'", "another"),
    "agent listener without port": (listener(f"{{type: agent, name: a, agents: {AGENTS}}}"), 6, "missing", "no port", "8001"),
    "agent listener without agents": (listener("{type: agent, name: a, port: 1}"), 6, "missing", "no agents", "agents:"),
    "address is a name": (listener("{type: model, name: b, port: 1, address: localhost}"), 6, "address", "localhost", "127.0.0.1"),
    "undeclared agent": (listener("{type: agent, name: a, port: 1, agents: [{id: rga, description: d}]}"), 6, "unknown-reference", "agent 'rga'", "'rag'"),
    "undeclared filter": (listener("{type: model, name: b, port: 1, input_filters: [gaurd]}"), 6, "unknown-reference", "'gaurd'", "'guard'"),
    "undeclared output filter": (listener("{type: model, name: b, port: 1, output_filters: [x]}"), 6, "unknown-reference", "'x'", "known are guard"),
    "undeclared filter of an agent": (
        listener("{type: agent, name: a, port: 1, agents: [{id: rag, description: d, input_filters: [nope]}]}"), 6, "unknown-reference", "'nope'", "filters"),
    "listener limited to an unknown model": (listener("{type: model, name: b, port: 1, models: [gpt-4]}"), 6, "unknown-model", "'gpt-4'", "'gpt-4o'"),
    "allow-list with an unknown model": (
        listener("{type: model, name: b, port: 1, auth: {api_keys: [{name: x, key: $A, models: [mistral/*]}]}}"), 6, "unknown-model", "allow-list of 'x'", "openai/gpt-4o"),
    "two callers with one key": (
        listener("{type: model, name: b, port: 1, auth: {api_keys: [{name: x, key: $A}, {name: y, key: $A}]}}"), 6, "duplicate", "same key", "of its own"),
    "two callers of one name": (
        listener("{type: model, name: b, port: 1, auth: {api_keys: [{name: x, key: $A}, {name: x, key: $B}]}}"), 6, "duplicate", "'x'", "of its own"),
    "nobody may call": (listener("{type: model, name: b, port: 1, auth: {header: x-key}}"), 6, "missing", "nobody could call", "api_keys"),
    "issuer without keys": (listener("{type: model, name: b, port: 1, auth: {jwt: [{name: i, issuer: x}]}}"), 6, "jwks", "not given", "jwks_uri"),
    "issuer with both keys": (
        listener("{type: model, name: b, port: 1, auth: {jwt: [{name: i, issuer: x, jwks_file: f, jwks_uri: 'https://h/j'}]}}"), 6, "jwks", "twice", "exactly one"),
    "gateway keys would leak": (
        listener("{type: model, name: b, port: 1, auth: {api_keys: [{name: x, key: $A}]}}").replace("access_key: $K", "passthrough_auth: true"),
        6, "key-leak", "would get it", "auth.header"),
    "model without provider": (provider("model: gpt-5, " + KEY), 8, "model-form", "'gpt-5'", "openai/gpt-4o"),
    "model without provider but interface": (
        provider("model: m, provider_interface: openai, base_url: http://h, name: n"), 8, "model-form", "'m'", "'openai/m'"),
    "empty model id": (provider("model: openai/, " + KEY), 8, "model-form", "'openai/'", "provider/model-id"),
    "partial wildcard": (provider("model: openai/gpt*, " + KEY), 8, "model-form", "'openai/gpt*'", "'openai/*'"),
    "default wildcard": (provider("model: mistral/*, default: true, " + KEY), 8, "wildcard-default", "wildcard", "one model"),
    "misspelt provider": (provider("model: opnai/gpt-5, " + KEY), 8, "unknown-provider", "'opnai'", "'openai'"),
    "own provider without interface": (provider("model: my/m, base_url: http://h"), 8, "unknown-provider", "'my'", "provider_interface"),
    "misspelt interface": (provider("model: my/m, base_url: http://h, provider_interface: opanai"), 8, "unknown-interface", "'opanai'", "'openai'"),
    "interface against the prefix": (provider("model: mistral/m, provider_interface: openai, " + KEY), 8, "interface-conflict", "'mistral'", "remove"),
    "provider without an address": (provider("model: azure_openai/gpt-5, " + KEY), 8, "provider-address", "azure_openai", "https://"),
    "bedrock without a region": (provider("model: amazon_bedrock/nova, " + KEY), 8, "provider-address", "amazon_bedrock", "aws:"),
    "base_url without scheme": (provider("model: my/m, base_url: 'h:80', provider_interface: openai"), 8, "address", "https://", "https://"),
    "base_url with a password": (
        provider("model: my/m, base_url: 'http://u:pw-secret@h', provider_interface: openai"), 8, "address", "password", "access_key"),
    "base_url with a bad port": (provider("model: my/m, base_url: 'http://h:99999', provider_interface: openai"), 8, "address", "port", "https://"),
    "bad http_host": (provider("model: openai/x, http_host: 'a b', " + KEY), 8, "address", "http_host", "api.example.com"),
    "host as header": (provider("model: openai/x, headers: {Host: a}, " + KEY), 8, "header", "'host'", "http_host"),
    "header twice": (provider("model: openai/x, headers: {X-A: a, x-a: b}, " + KEY), 8, "duplicate", "'x-a'", "one"),
    "two ways to sign": (
        provider("model: amazon_bedrock/n, aws: {region: us-east-1}, " + KEY), 8, "credential-conflict", "aws", "one of the two"),
    "model twice": (provider("model: openai/gpt-4o, " + KEY), 8, "duplicate", "line 7", "name"),
    "name twice": (provider("model: openai/a, name: n, " + KEY, "model: openai/b, name: n, " + KEY), 9, "duplicate", "'n'", "another"),
    "two defaults": (provider("model: openai/x, default: true, " + KEY), 8, "several-defaults", "line 7", "one of them"),
    "id taken": (HEAD + "endpoints: {rag: {endpoint: h}}\n", 8, "duplicate", "'rag'", "another"),
    "alias of nothing": (HEAD + "model_aliases: {a: {}}\n", 8, "missing", "'a'", "target"),
    "alias twice over": (HEAD + "model_aliases: {a: {target: gpt-4o, targets: [{model: gpt-4o}]}}\n", 8, "both-spellings", "'a'", "targets"),
    "alias to a misspelt model": (HEAD + "model_aliases: {a: {target: gtp-4o}}\n", 8, "unknown-model", "'gtp-4o'", "'gpt-4o'"),
    "second target unknown": (
        HEAD + "model_aliases:\n  a:\n    targets:\n      - model: gpt-4o\n      - model: nope\n", 12, "unknown-model", "'nope'", "openai/gpt-4o"),
    "alias loop": (
        HEAD + "model_aliases:\n  a: {target: b}\n  b: {targets: [{model: gpt-4o}, {model: a}]}\n", 9, "alias-loop", "a -> b -> a", "model"),
    "alias of itself": (HEAD + "model_aliases:\n  a: {target: a}\n", 9, "alias-loop", "a -> a", "model"),
    "mixed weights": (
        HEAD + "model_aliases: {a: {targets: [{model: gpt-4o, weight: 1}, {model: openai/gpt-4o}]}}\n", 8, "mixed-weights", "'a'", "failover"),
    "no weight at all": (HEAD + "model_aliases: {a: {targets: [{model: gpt-4o, weight: 0}]}}\n", 8, "zero-weights", "'a'", "above 0"),
    "preference of an undeclared model": (
        HEAD + "routing_preferences: [{name: n, description: writing code well, models: [claude]}]\n", 8, "unknown-model", "'claude'", "model_providers"),
    "preference twice": (
        HEAD + "routing_preferences:\n  - &p {name: n, description: writing code well, models: [gpt-4o]}\n"
        "  - {name: n, description: chatting with people, models: [gpt-4o]}\n", 10, "duplicate", "'n'", "another"),
    "cheapest without costs": (
        HEAD + "routing_preferences: [{name: n, description: writing code well, models: [gpt-4o], selection_policy: {prefer: cheapest}}]\n",
        8, "no-source", "cheapest", "type: cost"),
    "two cost sources": (
        HEAD + "model_metrics_sources:\n  - {type: cost, provider: models.dev}\n  - {type: cost, provider: digitalocean}\n", 10, "duplicate", "cost", "one"),
    "costs from prometheus": (HEAD + "model_metrics_sources: [{type: cost, provider: prometheus}]\n", 8, "not-one-of", "prometheus", "models.dev"),
    "latency without query": (
        HEAD + "model_metrics_sources: [{type: latency, provider: prometheus, url: 'http://p'}]\n", 8, "missing", "'query'", "query"),
    "budget without costs": (HEAD + "routing: {routing_budget: {max_switch_spend_pct: 10}}\n", 8, "no-source", "costs", "cost"),
    "redis without address": (HEAD + "routing: {session_cache: {type: redis, tenant_header: x}}\n", 8, "missing", "redis", "url"),
    "postgres without address": (HEAD + "state_storage: {type: postgres}\n", 8, "missing", "connection_string", "postgresql://"),
    "prompt target at an undeclared endpoint": (
        HEAD + "prompt_targets: [{name: n, description: asks the weather, endpoint: {name: wether, path: /}}]\nendpoints: {weather: {endpoint: h}}\n",
        8, "unknown-reference", "'wether'", "'weather'"),
    "rate limit of an unknown model": (
        HEAD + "ratelimits: [{model: gpt-3, selector: {key: k}, limit: {tokens: 1, unit: day}}]\n", 8, "unknown-model", "'gpt-3'", "gpt-4o"),
    "endpoint that is a URL": (HEAD + "endpoints: {e: {endpoint: 'http://h'}}\n", 8, "address", "'e'", "https"),
    "agent url": (HEAD.replace("http://localhost:2", "localhost"), 2, "address", "'web'", "http://"),
    "collector with a path": (HEAD + "tracing: {opentracing_grpc_endpoint: 'http://h:4317/x'}\n", 8, "address", "path", "http://localhost:4317"),
    "idle before first byte": (
        listener("{type: model, name: b, port: 1, timeouts: {first_byte: 60s, idle: 5s}}"), 6, "timeout-conflict", "'idle'", "at least"),
    "no time to connect": (HEAD + "overrides: {upstream_connect_timeout: 0s}\n", 8, "out-of-range", "zero", "above"),
    "a week of waiting": (listener("{type: model, name: b, port: 1, timeout: 900000}"), 6, "out-of-range", "a day", "unit"),
    "backoff upside down": (
        provider("model: openai/x, access_key: $K, retry: {backoff_base: 2s, backoff_max: 1s}"), 8, "backoff-conflict", "backoff_max", "longer"),
    "no providers": ("version: v0.4.0\nlisteners: [{type: model, name: b, port: 1}]\n", 2, "missing", "no model_providers", "model_providers"),
    "no listener": (MINIMAL.replace("\n  - {type: model, name: llm, port: 12000}", " []"), 2, "missing", "no listener", "type: model"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "rule", "what", "do"), ERRORS.values(), ids=ERRORS.keys())
def test_errors(text: str, line: int, rule: str, what: str, do: str) -> None:
    config, problems = read_text(text)
    assert config is None
    assert [(p.place.line, p.rule) for p in problems.errors] == [(line, rule)], "\n".join(map(str, problems))
    assert what in problems.errors[0].what and do in problems.errors[0].do, str(problems.errors[0])
    assert "pw-secret" not in str(problems.errors[0])


WARNINGS = {
    "no default": (HEAD.replace(", default: true", ""), 6, "no-default", "refused"),
    "key in the file": (HEAD.replace("$K", "sk-secret"), 7, "literal-secret", "written in the file"),
    "key of a caller in the file": (
        listener("{type: model, name: b, port: 1, auth: {api_keys: [{name: x, key: sk-secret}]}}"), 6, "literal-secret", "written in the file"),
    "authorization header in the file": (
        provider("model: openai/x, access_key: $K, headers: {Authorization: sk-secret}"), 8, "literal-secret", "Authorization"),
    "both credentials": (provider("model: openai/x, passthrough_auth: true, " + KEY), 8, "credential-conflict", "not used"),
    "interface said twice": (provider("model: openai/x, provider_interface: openai, " + KEY), 8, "redundant-interface", "already says"),
    "wildcard twice": (provider("model: openai/*, " + KEY, "model: openai/*, " + KEY), 9, "duplicate", "already declared"),
    "alias hides a model": (
        provider("model: openai/o3, " + KEY) + "model_aliases:\n  gpt-4o: {target: o3}\n", 10, "alias-shadows-model", "hides"),
    "vague preference": (
        HEAD + "routing_preferences: [{name: n, description: code, models: [gpt-4o]}]\n", 8, "vague-description", "too vague"),
    "equal preferences": (
        HEAD + "routing_preferences:\n  - {name: n, description: writing new code, models: [gpt-4o]}\n"
        "  - {name: m, description: Writing new code!, models: [gpt-4o]}\n", 10, "equal-description", "alike"),
    "tokens reach a provider": (
        listener("{type: model, name: b, port: 1, auth: {jwt: [{name: i, issuer: x, jwks_file: f}]}}").replace(KEY, "passthrough_auth: true"),
        6, "token-leak", "gets them"),
    "provider that nobody offers": (
        provider("model: mistral/m, " + KEY).replace("port: 12000", "port: 12000, models: ['openai/*']"), 8, "unused-provider", "offered by no listener"),
    "models on an agent listener": (
        listener(f"{{type: agent, name: a, port: 1, models: [gpt-4o], agents: {AGENTS}}}"), 6, "no-effect", "'models'"),
    "agents on a model listener": (listener(f"{{type: model, name: a, port: 1, agents: {AGENTS}}}"), 6, "no-effect", "'agents'"),
    "timeout twice": (listener("{type: model, name: b, port: 1, timeout: 5s, timeouts: {total: 6s}}"), 6, "overruled", "timeouts.total"),
    "status codes without their word": (
        listener("{type: model, name: b, port: 1, retry: {on: [reset], status_codes: [429]}}"), 6, "no-effect", "status_codes"),
    "shared sessions": (HEAD + "routing: {session_cache: {type: redis, url: $R}}\n", 8, "no-tenant", "tenants"),
}  # fmt: skip


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
    "routing": "routing: {route_on_user_only: true}",
    "routing_preferences": "routing_preferences: [{name: n, description: writing new code, models: [gpt-4o]}]",
    "model_metrics_sources": "model_metrics_sources: [{type: cost, provider: models.dev}]",
    "prompt_caching": "prompt_caching: {enabled: true}",
    "system_prompt": "system_prompt: be nice",
    "mode": "mode: llm",
    "endpoints": "endpoints: {e: {endpoint: h}}",
    "prefix_affinity": "endpoints: {e: {endpoint: h, prefix_affinity: true}}",
    "tracing.exporters": "tracing: {exporters: [{type: posthog, url: 'https://p', api_key: $K}]}",
    "tracing.trace_arch_internal": "tracing: {trace_arch_internal: true}",
    "tracing.span_attributes.header_prefixes": "tracing: {span_attributes: {header_prefixes: [x-]}}",
    "overrides.optimize_context_window": "overrides: {optimize_context_window: true}",
    "overrides.use_agent_orchestrator": "overrides: {use_agent_orchestrator: true}",
    "overrides.llm_routing_model": "overrides: {llm_routing_model: Plano-Orchestrator}",
    "overrides.agent_orchestration_model": "overrides: {agent_orchestration_model: x}",
    "overrides.orchestrator_model_context_length": "overrides: {orchestrator_model_context_length: 1}",
    "overrides.prompt_target_intent_matching_threshold": "overrides: {prompt_target_intent_matching_threshold: 0.5}",
    "overrides.disable_signals": "overrides: {disable_signals: false}",
}


@pytest.mark.parametrize(("key", "text"), NOT_ENFORCED.items(), ids=NOT_ENFORCED.keys())
def test_what_is_not_enforced_yet_is_said_once(key: str, text: str) -> None:
    config, problems = read_text(HEAD + text + "\n")
    assert config is not None, "\n".join(map(str, problems.errors))
    told = [p.what for p in problems.warnings if p.rule == "not-enforced"]
    assert sum(what.startswith(f"{key} is not enforced yet: ") for what in told) == 1, told


def test_filters_and_several_agents_are_not_enforced_yet() -> None:
    text = listener("{type: model, name: b, port: 1, input_filters: [guard], output_filters: [rag]}").replace(
        "model_providers:",
        "  - {type: agent, name: a, port: 2, agents: [{id: rag, description: about the handbook, input_filters: [guard]},"
        " {id: web, description: searches the web pages}]}\nmodel_providers:",
    )
    _, problems = read_text(text)
    assert [p.place.line for p in problems.warnings if p.rule == "not-enforced"] == [6, 6, 7, 7]


ACCEPTED = {
    "one bare id at several providers": provider("model: azure_openai/gpt-4o, base_url: 'https://a.example', " + KEY),
    "one model with two accounts": provider("model: openai/gpt-4o, name: second, " + KEY),
    "one host with two ports": provider(
        "model: my/a, base_url: 'http://h:1', provider_interface: openai", "model: my/b, base_url: 'http://h:2', provider_interface: openai"),
    "alias to a model behind a wildcard": provider("model: anthropic/*, " + KEY) + "model_aliases: {a: {target: anthropic/claude-new}}\n",
    "alias to a listed bare id": provider("model: anthropic/*, " + KEY) + "model_aliases: {a: {target: claude-sonnet-4-6}}\n",
    "alias to a provider's name": provider("model: openai/x, name: mine, " + KEY) + "model_aliases: {a: {target: mine}}\n",
    "alias of an alias": HEAD + "model_aliases: {a: {target: b}, b: {target: gpt-4o}}\n",
    "alias that spreads a model over its providers": provider("model: azure_openai/gpt-4o, base_url: 'https://a.example', " + KEY)
    + "model_aliases: {gpt-4o: {targets: [{model: openai/gpt-4o}, {model: azure_openai/gpt-4o}]}}\n",
    "same port on two addresses": listener("{type: model, name: b, port: 12000, address: 127.0.0.1}").replace(
        "port: 12000}", "port: 12000, address: 127.0.0.2}", 1),
    "passthrough behind a header of our own": listener(
        "{type: model, name: b, port: 1, auth: {header: x-gw, api_keys: [{name: x, key: $A}]}}").replace(KEY, "passthrough_auth: true"),
    "passthrough that the listener leaves out": (
        provider("model: mistral/m, passthrough_auth: true").replace(
            "port: 12000", "port: 12000, models: ['openai/*'], auth: {api_keys: [{name: x, key: $A}]}")),
    "bedrock signed": provider("model: amazon_bedrock/nova, aws: {region: eu-west-1}"),
    "ipv6": listener("{type: model, name: b, port: 12000, address: '::1'}"),
    "agents only": "version: v0.4.0\nagents: [{id: rag, url: http://h:1/x}]\nlisteners:\n  - {type: agent, name: a, port: 1, agents: " + AGENTS + "}\n",
    "agents as filters": listener("{type: model, name: b, port: 1, input_filters: [rag]}"),
}  # fmt: skip


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_is_no_fault(text: str) -> None:
    _, problems = read_text(text)
    assert [str(p) for p in problems.errors] == []
    assert not [p for p in problems.warnings if p.rule in ("alias-shadows-model", "key-leak", "duplicate")]


def test_problems_read_as_place_level_what_and_do() -> None:
    _, problems = read_text(HEAD.replace("openai/gpt-4o", "opnai/gpt-4o"))
    assert re.fullmatch(
        r"plano\.yaml:7:13: error: 'opnai' is not a known provider; did you mean 'openai'\?.*", str(problems.errors[0])
    )


def test_durations_and_files() -> None:
    config = accepted(
        listener(
            "{type: model, name: b, port: 1, timeout: 2m, tls: {cert_file: tls/c.pem, key_file: /k.pem},"
            " timeouts: {connect: 0.005s, first_byte: 250ms, idle: 1h, total: 7200}}"
        )
    ).listeners[1]
    assert config.timeouts and config.tls
    waits = config.timeouts
    assert (config.timeout, waits.connect, waits.first_byte, waits.idle, waits.total) == (120, 0.005, 0.25, 3600, 7200)
    assert (config.tls.cert_file, config.tls.key_file) == ("/etc/plano/tls/c.pem", "/k.pem")


def test_the_minimal_configuration_has_nothing_to_say() -> None:
    config, problems = read_text(MINIMAL)
    assert config is not None and found(problems) == found(problems, "warning") == []
