"""Which names a client may send, where each leads, and what is shown and warned of."""

from __future__ import annotations

import pytest

from control_plane.config import ModelAlias
from control_plane.tests.plan_inputs import (
    alias,
    attempts,
    config,
    listener,
    models,
    place,
    planned,
    provider,
    warnings,
)

TWO = (provider("openai/gpt-4o"), provider("azure_openai/gpt-4o", base_url="https://eu.openai.azure.com"))
AZURE = "azure_openai_eu.openai.azure.com_443"


@pytest.mark.parametrize(
    "name, leads_to",
    [
        pytest.param("openai/gpt-4o", [[("openai", "gpt-4o")]], id="full"),
        pytest.param("azure_openai/gpt-4o", [[(AZURE, "gpt-4o")]], id="full name of the other"),
        pytest.param("gpt-4o", [[("openai", "gpt-4o")]], id="bare: the first declared"),
        pytest.param("cheap", [[("groq", "llama-3.1-8b")]], id="own name"),
        pytest.param("groq/llama-3.1-8b", [[("groq", "llama-3.1-8b")]], id="full name beside an own one"),
        pytest.param("openai/gpt-oss-20b", [[("together_ai", "openai/gpt-oss-20b")]], id="id with a slash"),
        pytest.param("together_ai/openai/gpt-oss-20b", [[("together_ai", "openai/gpt-oss-20b")]], id="full, slashes"),
        pytest.param("mistral/anything-new", [[("mistral", "anything-new")]], id="wildcard"),
        pytest.param("mistral-large-latest", [[("mistral", "mistral-large-latest")]], id="bare name of a known model"),
    ],
)
def test_where_names_lead(name: str, leads_to: list[object]) -> None:
    entries = (
        *TWO,
        provider("groq/llama-3.1-8b", name="cheap"),
        provider("together_ai/openai/gpt-oss-20b"),
        provider("mistral/*"),
    )
    assert attempts(models(planned(config(*entries))), name) == leads_to


def test_the_default_wins_a_bare_id() -> None:
    entries = (provider("openai/gpt-4o"), provider("groq/gpt-4o", default=True))
    assert attempts(models(planned(config(*entries))), "gpt-4o") == [[("groq", "gpt-4o")]]


def test_a_contested_bare_id_is_warned_of_once() -> None:
    (warning,) = warnings(config(*TWO, provider("groq/gpt-4o")))
    told = 'contested-model: "gpt-4o" alone means openai/gpt-4o (declared first), not azure_openai/gpt-4o, groq/gpt-4o'
    assert warning == told


def test_a_contested_bare_id_with_a_name_of_its_own_is_meant() -> None:
    assert not warnings(config(*TWO, model_aliases=(alias("eu", "azure_openai/gpt-4o"),)))
    assert not warnings(config(TWO[0], provider("groq/gpt-4o", name="quick")))


def test_explicit_entries_come_before_a_wildcard() -> None:
    serves = models(planned(config(provider("openai/*"), provider("openai/gpt-4o", key="$OTHER"))))
    assert attempts(serves, "openai/gpt-4o") == attempts(serves, "gpt-4o") == [[("openai-other", "gpt-4o")]]
    assert attempts(serves, "openai/o3") == [[("openai-openai_api_key", "o3")]]


def test_a_wildcard_comes_before_a_bare_id_with_a_slash() -> None:
    entries = (provider("groq/*"), provider("together_ai/openai/mine"), provider("openai/*"))
    serves = models(planned(config(*entries)))
    assert attempts(serves, "openai/gpt-oss-120b") == [[("openai", "gpt-oss-120b")]]
    assert attempts(serves, "openai/mine") == [[("openai", "mine")]]
    assert attempts(serves, "groq/openai/gpt-oss-120b") == [[("groq", "openai/gpt-oss-120b")]]


def test_two_wildcards_of_one_provider_are_told_apart_by_name() -> None:
    entries = (provider("openai/*", key="$A"), provider("openai/*", key="$B", name="team-b"))
    serves = models(planned(config(*entries)))
    assert attempts(serves, "openai/o3") == [[("openai-a", "o3")]]
    assert attempts(serves, "team-b/o3") == [[("openai-b", "o3")]]


@pytest.mark.parametrize(
    "name, entry, expected",
    [
        pytest.param("gpt-4o", "openai/gpt-4o", {False}, id="the provider's own name"),
        pytest.param("openai/gpt-4o", "openai/gpt-4o", {True}, id="full name"),
        pytest.param("fast", "openai/gpt-4o", {True}, id="alias"),
        pytest.param("openai/", "openai/*", {True}, id="prefix"),
        pytest.param("o3", "openai/*", {False}, id="known id of a wildcard"),
    ],
)
def test_only_names_that_differ_are_rewritten(name: str, entry: str, expected: set[bool]) -> None:
    whole = config(provider(entry), model_aliases=(alias("fast", "openai/gpt-4o"),))
    serves = models(planned(whole))
    found = dict(serves.exact).get(name) or dict(serves.prefixes)[name]
    route = next(r for r in serves.routes if r.name == found)
    targets = [t for v in route.variants for g in v.groups for t in g]
    assert {t.rewrite for t in targets if not t.translated} == expected
    assert all(t.rewrite for t in targets if t.translated)


@pytest.mark.parametrize(
    "targets, expected",
    [
        pytest.param(["a"], [[("openai", "a")]], id="one"),
        pytest.param(["a", "groq/b"], [[("openai", "a")], [("groq", "b")]], id="failover"),
        pytest.param([("a", 3), ("b", 1)], [[("openai", "a"), ("groq", "b")]], id="split"),
        pytest.param(["mistral/new-1"], [[("mistral", "new-1")]], id="through a wildcard"),
        pytest.param(["mistral-large-latest"], [[("mistral", "mistral-large-latest")]], id="bare, through a wildcard"),
        pytest.param(["other", "a"], [[("groq", "b")], [("mistral", "x")], [("openai", "a")]], id="alias of an alias"),
        pytest.param(
            [("other", 1), ("a", 1)], [[("groq", "b"), ("openai", "a")], [("mistral", "x")]], id="split, alias"
        ),
    ],
)
def test_aliases(targets: list[str | tuple[str, int]], expected: list[object]) -> None:
    whole = config(
        *(provider("openai/a"), provider("groq/b"), provider("mistral/*")),
        model_aliases=(alias("mine", *targets), alias("other", "groq/b", "mistral/x")),
    )
    assert attempts(models(planned(whole)), "mine") == expected


def test_weights_of_nested_splits_multiply() -> None:
    whole = config(
        *(provider("openai/a"), provider("openai/b"), provider("openai/c")),
        model_aliases=(alias("outer", ("inner", 50), ("c", 50)), alias("inner", ("a", 1), ("b", 3))),
    )
    serves = models(planned(whole))
    route = next(r for r in serves.routes if r.name == "outer")
    shares = {t.model: t.weight for t in route.variants[0].groups[0]}
    assert shares["c"] == shares["a"] + shares["b"] and shares["b"] == 3 * shares["a"]


def test_plano_spelling_of_an_alias() -> None:
    whole = config(provider("openai/a"), model_aliases=(ModelAlias(name="x", target="a", at=place()),))
    assert attempts(models(planned(whole)), "x") == [[("openai", "a")]]


def test_an_alias_comes_before_a_model_of_the_same_name() -> None:
    whole = config(provider("openai/a"), provider("groq/b"), model_aliases=(alias("a", "groq/b"),))
    serves = models(planned(whole))
    assert attempts(serves, "a") == [[("groq", "b")]]
    assert attempts(serves, "openai/a") == [[("openai", "a")]]


def test_endpoints_go_to_the_targets_that_serve_them() -> None:
    whole = config(
        provider("openai/a"), provider("anthropic/b"), model_aliases=(alias("both", "openai/a", "anthropic/b"),)
    )
    serves = models(planned(whole))
    assert attempts(serves, "both", "/v1/embeddings") == [[("openai", "a")]]
    assert attempts(serves, "both", "/v1/messages") == [[("openai~translated", "a")], [("anthropic", "b")]]
    assert attempts(serves, "both", "/v1/responses") == [[("openai", "a")], [("anthropic~translated", "b")]]
    assert attempts(serves, "anthropic/b", "/v1/embeddings") == []
    assert warnings(whole) == []


def test_models_with_an_endpoint_of_their_own_behind_a_wildcard() -> None:
    serves = models(
        planned(config(provider("amazon_bedrock/*", base_url="https://bedrock-runtime.eu-west-1.amazonaws.com")))
    )
    own = next(name for name, _ in serves.exact if name.startswith("openai."))
    assert attempts(serves, own) == [[("amazon_bedrock_bedrock-runtime.eu-west-1.amazonaws.com_443", own)]]
    translated = "amazon_bedrock_bedrock-runtime.eu-west-1.amazonaws.com_443~translated"
    assert attempts(serves, "amazon_bedrock/us.amazon.nova-pro-v1:0") == [[(translated, "us.amazon.nova-pro-v1:0")]]


@pytest.mark.parametrize(
    "entries, expected",
    [
        pytest.param([provider("openai/a"), provider("openai/b", default=True)], "openai/b", id="marked"),
        pytest.param([provider("openai/a")], None, id="none"),
    ],
)
def test_default(entries: list[object], expected: str | None) -> None:
    serves = models(planned(config(*entries)))  # type: ignore[arg-type]
    assert serves.default == expected
    route = next((r for r in serves.routes if r.name == expected), None)
    assert route is None or all(t.rewrite and t.model for v in route.variants for g in v.groups for t in g)


def test_listing() -> None:
    whole = config(
        *(provider("openai/a"), provider("groq/b", name="cheap"), provider("mistral/*")),
        provider("plano/Router", key=None, base_url="http://localhost:8000"),
        model_aliases=(alias("fast", "a"),),
    )
    serves = models(planned(whole))
    ids = [model.id for model in serves.listed]
    assert ids[:2] == ["openai/a", "cheap"] and ids[-1] == "fast" and "mistral/mistral-large-latest" in ids
    assert len(ids) == len(set(ids))


def test_router_models_have_a_cluster_and_no_name() -> None:
    plan = planned(config(provider("openai/a"), provider("plano/Router", key=None, base_url="http://localhost:8000")))
    assert [c.name for c in plan.clusters] == ["openai", "plano_localhost_8000"]
    assert not any("Router" in name for name, _ in models(plan).exact)


ALL = (provider("openai/a"), provider("openai/*"), provider("groq/b", name="cheap"), provider("mistral/c"))
ALIASES = (alias("fast", "groq/b"), alias("pair", "groq/b", "mistral/c"), alias("new", "openai/n"))


@pytest.mark.parametrize(
    "listed, reached, refused",
    [
        pytest.param(
            None, ["a", "openai/zz", "cheap", "fast", "pair", "new"], ["zz", "groq/zz"], id="everything without a list"
        ),
        pytest.param(("groq/*",), ["cheap", "b", "groq/b", "fast"], ["a", "pair", "openai/zz"], id="one provider"),
        pytest.param(("cheap",), ["cheap", "groq/b", "fast"], ["mistral/c"], id="by own name"),
        pytest.param(("fast",), ["fast"], ["groq/b", "cheap", "pair"], id="an alias alone hides its model"),
        pytest.param(("openai/n",), ["openai/n", "n", "new"], ["openai/m", "a"], id="one id of a wildcard"),
        pytest.param(("b", "c"), ["pair", "fast", "groq/b", "mistral/c"], ["new"], id="aliases of what is listed"),
    ],
)
def test_a_listener_limited_to_some_models(
    listed: tuple[str, ...] | None, reached: list[str], refused: list[str]
) -> None:
    whole = config(*ALL, model_aliases=ALIASES, listeners=(listener(models=listed),))
    serves = models(planned(whole))
    known, prefixes = dict(serves.exact), tuple(prefix for prefix, _ in serves.prefixes)
    assert [n for n in reached if n not in known and not n.startswith(prefixes or ("-",))] == []
    assert [n for n in refused if n in known or (prefixes and n.startswith(prefixes))] == []
