"""Cross-checks of the sections beside models and listeners, and of timeouts: as in test_check.py."""

import pytest

from control_plane.tests.configs import HEAD, provider, refused_once, second

ERRORS = {
    "preference of an undeclared model": (
        HEAD + "routing_preferences: [{name: n, description: writing code well, models: [claude]}]\n",
        8,
        "unknown-model",
        "'claude'",
        "model_providers",
    ),
    "preference twice": (
        HEAD + "routing_preferences:\n  - &p {name: n, description: writing code well, models: [gpt-4o]}\n"
        "  - {name: n, description: chatting with people, models: [gpt-4o]}\n",
        10,
        "duplicate",
        "'n'",
        "another",
    ),
    "fastest without latencies": (
        HEAD
        + "routing_preferences:\n"
        + "  - {name: n, description: writing code, models: [gpt-4o], selection_policy: {prefer: fastest}}\n",
        9,
        "no-source",
        "fastest",
        "type: latency",
    ),
    "two cost sources": (
        HEAD
        + "model_metrics_sources:\n  - {type: cost, provider: models.dev}\n  - {type: cost, provider: digitalocean}\n",
        10,
        "duplicate",
        "cost",
        "one",
    ),
    "costs from prometheus": (
        HEAD + "model_metrics_sources: [{type: cost, provider: prometheus}]\n",
        8,
        "not-one-of",
        "prometheus",
        "models.dev",
    ),
    "latency without query": (
        HEAD + "model_metrics_sources: [{type: latency, provider: prometheus, url: 'http://p'}]\n",
        8,
        "missing",
        "'query'",
        "query",
    ),
    "source that is no URL": (
        HEAD + "model_metrics_sources: [{type: cost, provider: models.dev, url: prices}]\n",
        8,
        "address",
        "cost source",
        "http://",
    ),
    "password in the url of a source": (
        HEAD + "model_metrics_sources: [{type: cost, provider: models.dev, url: 'https://u:pw-secret@h/p'}]\n",
        8,
        "address",
        "user name or password",
        "http://",
    ),
    "password of redis in the file": (
        HEAD + "routing: {session_cache: {type: redis, tenant_header: x, url: 'redis://:pw-secret@h:6379'}}\n",
        8,
        "literal-secret",
        "password",
        "$REDIS_PASSWORD",
    ),
    "half of redis' password in the file": (
        HEAD + "routing: {session_cache: {type: redis, tenant_header: x, url: 'redis://u:pw-secret$K@h'}}\n",
        8,
        "literal-secret",
        "password",
        "$REDIS_PASSWORD",
    ),
    "password of redis as a parameter": (
        HEAD
        + "routing: {session_cache: {type: redis, tenant_header: x, url: 'redis://h:6379/0?password=pw-secret'}}\n",
        8,
        "literal-secret",
        "password",
        "$REDIS_PASSWORD",
    ),
    "redis by http": (
        HEAD + "routing: {session_cache: {type: redis, tenant_header: x, url: 'http://h:6379'}}\n",
        8,
        "address",
        "redis://",
        "rediss://",
    ),
    "redis without address": (
        HEAD + "routing: {session_cache: {type: redis, tenant_header: x}}\n",
        8,
        "missing",
        "redis",
        "url",
    ),
    "postgres without address": (
        HEAD + "state_storage: {type: postgres}\n",
        8,
        "missing",
        "connection_string",
        "postgresql://",
    ),
    "prompt target at an undeclared endpoint": (
        HEAD
        + "prompt_targets: [{name: n, description: asks the weather, endpoint: {name: wether, path: /}}]\n"
        + "endpoints: {weather: {endpoint: h}}\n",
        8,
        "unknown-reference",
        "'wether'",
        "'weather'",
    ),
    "rate limit of an unknown model": (
        HEAD + "ratelimits: [{model: gpt-3, selector: {key: k}, limit: {tokens: 1, unit: day}}]\n",
        8,
        "unknown-model",
        "'gpt-3'",
        "gpt-4o",
    ),
    "endpoint that is a URL": (HEAD + "endpoints: {e: {endpoint: 'http://h'}}\n", 8, "address", "'e'", "https"),
    "agent url": (HEAD.replace("http://localhost:2", "localhost"), 2, "address", "'web'", "http://"),
    "collector with a path": (
        HEAD + "tracing: {opentracing_grpc_endpoint: 'http://h:4317/x'}\n",
        8,
        "address",
        "path",
        "http://localhost:4317",
    ),
    "idle before first byte": (
        second("timeouts: {first_byte: 60s, idle: 5s}"),
        6,
        "timeout-conflict",
        "'idle'",
        "at least",
    ),
    "no time to connect": (HEAD + "overrides: {upstream_connect_timeout: 0s}\n", 8, "out-of-range", "zero", "above"),
    "a week of waiting": (second("timeout: 900000"), 6, "out-of-range", "a day", "unit"),
    "backoff upside down": (
        provider("model: openai/x, access_key: $K, retry: {backoff_base: 2s, backoff_max: 1s}"),
        8,
        "backoff-conflict",
        "backoff_max",
        "longer",
    ),
    "no providers": (
        "version: v0.4.0\nlisteners: [{type: model, name: b, port: 1}]\n",
        2,
        "missing",
        "no model_providers",
        "model_providers",
    ),
    "no listener": (
        "version: v0.4.0\nlisteners: []\n",
        2,
        "missing",
        "no listener",
        "type: model",
    ),
}


@pytest.mark.parametrize(("text", "line", "rule", "what", "do"), ERRORS.values(), ids=ERRORS.keys())
def test_errors(text: str, line: int, rule: str, what: str, do: str) -> None:
    refused_once(text, line, rule, what, do)
