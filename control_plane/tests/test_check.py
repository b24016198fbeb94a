"""Cross-checks: one small configuration for each rule, with the place and the advice a user gets."""

import pytest

from control_plane.tests.configs import (
    AGENTS,
    HEAD,
    KEY,
    listener,
    provider,
    read_text,
    second,
)

# name: (configuration, line of the problem, rule, words of the problem, words of the advice)
ERRORS = {
    "two listeners on one port": (
        listener("{type: prompt, name: b, port: 12000}"),
        6,
        "port-conflict",
        "'llm' in line 5",
        "another port",
    ),
    "every address overlaps with one": (
        listener("{type: model, name: b, port: 12000, address: 127.0.0.1}"),
        6,
        "port-conflict",
        "12000",
        "address",
    ),
    "default ports collide": (listener("{type: model, name: b}"), 6, "port-conflict", "12000", "another port"),
    "two listeners of one name": (listener("{type: model, name: llm, port: 1}"), 6, "duplicate", "'llm'", "another"),
    "agent listener without port": (
        listener(f"{{type: agent, name: a, agents: {AGENTS}}}"),
        6,
        "missing",
        "no port",
        "8001",
    ),
    "agent listener without agents": (
        listener("{type: agent, name: a, port: 1}"),
        6,
        "missing",
        "no agents",
        "agents:",
    ),
    "address is a name": (second("address: localhost"), 6, "address", "localhost", "127.0.0.1"),
    "undeclared agent": (
        listener("{type: agent, name: a, port: 1, agents: [{id: rga, description: d}]}"),
        6,
        "unknown-reference",
        "agent 'rga'",
        "'rag'",
    ),
    "undeclared filter": (second("input_filters: [gaurd]"), 6, "unknown-reference", "'gaurd'", "'guard'"),
    "undeclared output filter": (second("output_filters: [x]"), 6, "unknown-reference", "'x'", "known are guard"),
    "undeclared filter of an agent": (
        listener("{type: agent, name: a, port: 1, agents: [{id: rag, description: d, input_filters: [nope]}]}"),
        6,
        "unknown-reference",
        "'nope'",
        "filters",
    ),
    "listener limited to an unknown model": (second("models: [gpt-4]"), 6, "unknown-model", "'gpt-4'", "'gpt-4o'"),
    "allow-list with an unknown model": (
        second("auth: {api_keys: [{name: x, key: $A, models: [mistral/*]}]}"),
        6,
        "unknown-model",
        "allow-list of 'x'",
        "openai/gpt-4o",
    ),
    "two callers with one key": (
        second("auth: {api_keys: [{name: x, key: $A}, {name: y, key: $A}]}"),
        6,
        "duplicate",
        "same key",
        "of its own",
    ),
    "two callers of one name": (
        second("auth: {api_keys: [{name: x, key: $A}, {name: x, key: $B}]}"),
        6,
        "duplicate",
        "'x'",
        "of its own",
    ),
    "nobody may call": (second("auth: {header: x-key}"), 6, "missing", "nobody could call", "api_keys"),
    "issuer without keys": (second("auth: {jwt: [{name: i, issuer: x}]}"), 6, "jwks", "not given", "jwks_uri"),
    "issuer with both keys": (
        second("auth: {jwt: [{name: i, issuer: x, jwks_file: f, jwks_uri: 'https://h/j'}]}"),
        6,
        "jwks",
        "twice",
        "exactly one",
    ),
    "gateway keys would leak": (
        second("auth: {api_keys: [{name: x, key: $A}]}").replace("access_key: $K", "passthrough_auth: true"),
        6,
        "key-leak",
        "would get it",
        "auth.header",
    ),
    "model without provider": (provider("model: gpt-5, " + KEY), 8, "model-form", "'gpt-5'", "openai/gpt-4o"),
    "empty model id": (provider("model: openai/, " + KEY), 8, "model-form", "'openai/'", "provider/model-id"),
    "partial wildcard": (provider("model: openai/gpt*, " + KEY), 8, "model-form", "'openai/gpt*'", "'openai/*'"),
    "default wildcard": (
        provider("model: mistral/*, default: true, " + KEY),
        8,
        "wildcard-default",
        "wildcard",
        "one model",
    ),
    "misspelt provider": (provider("model: opnai/gpt-5, " + KEY), 8, "unknown-provider", "'opnai'", "'openai'"),
    "own provider without interface": (
        provider("model: my/m, base_url: http://h"),
        8,
        "unknown-provider",
        "'my'",
        "provider_interface",
    ),
    "misspelt interface": (
        provider("model: my/m, base_url: http://h, provider_interface: opanai"),
        8,
        "unknown-interface",
        "'opanai'",
        "'openai'",
    ),
    "interface against the prefix": (
        provider("model: mistral/m, provider_interface: openai, " + KEY),
        8,
        "interface-conflict",
        "'mistral'",
        "remove",
    ),
    "provider without an address": (
        provider("model: azure_openai/gpt-5, " + KEY),
        8,
        "provider-address",
        "azure_openai",
        "https://",
    ),
    "bedrock without a region": (
        provider("model: amazon_bedrock/nova, " + KEY),
        8,
        "provider-address",
        "amazon_bedrock",
        "aws:",
    ),
    "base_url without scheme": (
        provider("model: my/m, base_url: 'h:80', provider_interface: openai"),
        8,
        "address",
        "https://",
        "https://",
    ),
    "base_url with a password": (
        provider("model: my/m, base_url: 'http://u:pw-secret@h', provider_interface: openai"),
        8,
        "address",
        "password",
        "access_key",
    ),
    "base_url with a bad port": (
        provider("model: my/m, base_url: 'http://h:99999', provider_interface: openai"),
        8,
        "address",
        "port",
        "https://",
    ),
    "bad http_host": (
        provider("model: openai/x, http_host: 'a b', " + KEY),
        8,
        "address",
        "http_host",
        "api.example.com",
    ),
    "host as header": (provider("model: openai/x, headers: {Host: a}, " + KEY), 8, "header", "'host'", "http_host"),
    "header twice": (provider("model: openai/x, headers: {X-A: a, x-a: b}, " + KEY), 8, "duplicate", "'x-a'", "one"),
    "authorization header in the file": (
        provider("model: openai/x, access_key: $K, headers: {Authorization: Bearer pw-secret}"),
        8,
        "literal-secret",
        "Authorization",
        "$NAME",
    ),
    "two ways to sign": (
        provider("model: amazon_bedrock/n, aws: {region: us-east-1}, " + KEY),
        8,
        "credential-conflict",
        "aws",
        "one of the two",
    ),
    "model twice": (provider("model: openai/gpt-4o, " + KEY), 8, "duplicate", "line 7", "name"),
    "name twice": (
        provider("model: openai/a, name: n, " + KEY, "model: openai/b, name: n, " + KEY),
        9,
        "duplicate",
        "'n'",
        "another",
    ),
    "two defaults": (
        provider("model: openai/x, default: true, " + KEY),
        8,
        "several-defaults",
        "line 7",
        "one of them",
    ),
    "id taken": (HEAD + "endpoints: {rag: {endpoint: h}}\n", 8, "duplicate", "'rag'", "another"),
    "alias of nothing": (HEAD + "model_aliases: {a: {}}\n", 8, "missing", "'a'", "target"),
    "alias twice over": (
        HEAD + "model_aliases: {a: {target: gpt-4o, targets: [{model: gpt-4o}]}}\n",
        8,
        "both-spellings",
        "'a'",
        "targets",
    ),
    "alias to a misspelt model": (
        HEAD + "model_aliases: {a: {target: gtp-4o}}\n",
        8,
        "unknown-model",
        "'gtp-4o'",
        "'gpt-4o'",
    ),
    "second target unknown": (
        HEAD + "model_aliases:\n  a:\n    targets:\n      - model: gpt-4o\n      - model: nope\n",
        12,
        "unknown-model",
        "'nope'",
        "openai/gpt-4o",
    ),
    "alias loop": (
        HEAD + "model_aliases:\n  a: {target: b}\n  b: {targets: [{model: gpt-4o}, {model: a}]}\n",
        9,
        "alias-loop",
        "a -> b -> a",
        "model",
    ),
    "aliases that multiply": (
        HEAD + "model_aliases:\n  a: {{targets: [{}]}}\n".format(", ".join(["{model: gpt-4o}"] * 65)),
        9,
        "alias-size",
        "'a'",
        "at most 64",
    ),
    "aliases of aliases of aliases": (
        HEAD
        + "model_aliases:\n"
        + "".join(f"  a{i}: {{target: a{i + 1}}}\n" for i in range(8))
        + "  a8: {target: gpt-4o}\n",
        9,
        "alias-size",
        "'a0'",
        "8 aliases",
    ),
    "alias of itself": (HEAD + "model_aliases:\n  a: {target: a}\n", 9, "alias-loop", "a -> a", "model"),
    "mixed weights": (
        HEAD + "model_aliases: {a: {targets: [{model: gpt-4o, weight: 1}, {model: openai/gpt-4o}]}}\n",
        8,
        "mixed-weights",
        "'a'",
        "failover",
    ),
    "no weight at all": (
        HEAD + "model_aliases: {a: {targets: [{model: gpt-4o, weight: 0}]}}\n",
        8,
        "zero-weights",
        "'a'",
        "above 0",
    ),
}


@pytest.mark.parametrize(("text", "line", "rule", "what", "do"), ERRORS.values(), ids=ERRORS.keys())
def test_errors(text: str, line: int, rule: str, what: str, do: str) -> None:
    config, problems = read_text(text)
    assert config is None
    assert [(p.place.line, p.rule) for p in problems.errors] == [(line, rule)], "\n".join(map(str, problems))
    assert what in problems.errors[0].what and do in problems.errors[0].do, str(problems.errors[0])
    assert "pw-secret" not in str(problems.errors[0])
