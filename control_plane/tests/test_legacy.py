import pytest

from control_plane.tests.configs import AGENTS, MINIMAL, accepted, found, listener, read_text

MODERN = MINIMAL.replace("v0.4.0", "v0.3.0")


def test_llm_providers_is_model_providers() -> None:
    config, problems = read_text(MINIMAL.replace("model_providers", "llm_providers"))
    assert config is not None and config.model_providers[0].model == "openai/gpt-4o"
    assert found(problems, "warning") == ["4:1 deprecated"]
    assert "'model_providers'" in problems.warnings[0].do


def test_both_spellings_are_refused() -> None:
    _, problems = read_text(MINIMAL + "llm_providers: []\n")
    assert found(problems) == ["6:1 both-spellings"]


def test_the_listener_object_becomes_two_listeners_at_their_own_lines() -> None:
    config, problems = read_text(
        "version: v0.1.0\n"
        "listeners:\n"
        "  ingress_traffic: {address: 127.0.0.1, port: 10001, message_format: openai, timeout: 30s}\n"
        "  egress_traffic:\n"
        "llm_providers: [{model: openai/gpt-4o, access_key: $K, default: true}]\n"
    )
    assert config is not None
    ingress, egress = config.listeners
    assert (ingress.type, ingress.name, ingress.port, ingress.timeout) == ("prompt", "ingress_traffic", 10001, 30.0)
    assert (ingress.address, ingress.at.line) == ("127.0.0.1", 3)
    assert (egress.type, egress.name, egress.port, egress.at.line) == ("model", "egress_traffic", 12000, 4)
    assert found(problems, "warning") == ["2:1 deprecated", "3:54 deprecated", "5:1 deprecated"]


def test_a_fault_in_the_listener_object_is_at_its_own_place() -> None:
    _, problems = read_text(
        "version: v0.1.0\nlisteners:\n  ingress_traffic:\n    prt: 1\n  egres_traffic: {}\nmodel_providers: []\n"
    )
    assert found(problems) == ["4:5 unknown-key", "5:3 unknown-key"]
    assert "'port'" not in problems.errors[0].do or "did you mean" in problems.errors[0].do


def test_the_single_listener_is_a_prompt_listener() -> None:
    for key in ("listener", "listen"):
        config = accepted(
            f"version: 0.1-beta\n{key}:\n"
            "  {address: 127.0.0.1, port: 8080, message_format: huggingface, connect_timeout: 5s}\n"
            "llm_providers:\n"
            "  - {name: fast, provider: openai, model: gpt-4o, access_key: $K, default: true, stream: true}\n"
        )
        assert [(x.type, x.address, x.port) for x in config.listeners] == [("prompt", "127.0.0.1", 8080)]
        assert [(p.name, p.model) for p in config.model_providers] == [("fast", "openai/gpt-4o")]


def test_a_prefix_already_in_the_model_is_not_doubled() -> None:
    config = accepted(MINIMAL.replace("model: openai/gpt-4o", "provider: openai, model: openai/gpt-4o"))
    assert config.model_providers[0].model == "openai/gpt-4o"


def test_provider_and_interface_together_are_refused() -> None:
    text = MINIMAL.replace(
        "model: openai/gpt-4o", "provider: my, provider_interface: openai, model: m, base_url: http://h"
    )
    _, problems = read_text(text)
    assert found(problems) == ["5:6 both-spellings"]


def test_the_interface_is_the_prefix_of_a_model_without_one() -> None:
    config = accepted(MODERN.replace("model: openai/gpt-4o", "model: gpt-4o, provider_interface: openai"))
    assert [(p.model, p.provider_interface) for p in config.model_providers] == [("openai/gpt-4o", None)]


def test_former_prefixes() -> None:
    config, problems = read_text(MODERN.replace("openai/gpt-4o", "claude/claude-sonnet-4-5"))
    assert config is not None and config.model_providers[0].model == "anthropic/claude-sonnet-4-5"
    assert [p.do for p in problems.warnings] == ["write 'anthropic/claude-sonnet-4-5'"]


def test_usage_is_a_routing_preference_named_as_its_provider() -> None:
    config, problems = read_text(MODERN.replace("default: true", "default: true, name: code, usage: writing new code"))
    assert config is not None
    (task,) = config.routing_preferences
    assert (task.name, task.description, task.models) == ("code", "writing new code", ("openai/gpt-4o",))
    assert [p.rule for p in problems.warnings] == ["deprecated"]


def test_former_interface_names() -> None:
    text = MINIMAL.replace("model: openai/gpt-4o", "model: my/m, base_url: http://h, provider_interface: claude")
    assert accepted(text).model_providers[0].provider_interface == "anthropic"


def test_filter_chain_is_input_filters() -> None:
    config, problems = read_text(
        "version: v0.3.0\n"
        "agents: [{id: rag, url: http://localhost:1}]\n"
        "filters: [{id: guard, url: http://localhost:2}]\n"
        "listeners:\n"
        "  - type: agent\n    name: a\n    port: 8001\n    agents:\n"
        "      - id: rag\n        description: answers questions\n        filter_chain: [guard]\n"
    )
    assert config is not None and config.listeners[0].agents[0].input_filters == ("guard",)
    assert "11:9 deprecated" in found(problems, "warning")


@pytest.mark.parametrize("old", ["arch_agent_router", "plano_agent_router"])
def test_former_names_of_the_agents_router(old: str) -> None:
    agents = f"{{type: agent, name: desk, port: 8001, router: {old}, agents: {AGENTS}}}"
    config, problems = read_text(listener(agents))
    assert config is not None and config.listeners[1].router == "plano_orchestrator_v1"
    assert [p.do for p in problems.warnings if p.rule == "deprecated"] == ["write 'plano_orchestrator_v1'"]


def test_state_storage_of_old_releases() -> None:
    assert accepted(MINIMAL + "state_storage_v1_responses: {type: memory}\n").state_storage == {"type": "memory"}


def test_an_exporter_switched_off_is_left_out() -> None:
    text = MINIMAL + "tracing: {exporters: [{type: posthog, url: 'https://p.example', api_key: $K, enabled: false}]}\n"
    tracing = accepted(text).tracing
    assert tracing is not None and tracing.exporters == ()


def test_yes_and_no_are_understood_where_a_switch_belongs_and_left_alone_elsewhere() -> None:
    config, problems = read_text(MINIMAL.replace("default: true", "default: yes").replace("name: llm", "name: on"))
    assert config is not None and config.model_providers[0].default is True and config.listeners[0].name == "on"
    assert "5:66 deprecated" in found(problems, "warning")


def test_a_quoted_yes_is_text() -> None:
    _, problems = read_text(MINIMAL.replace("default: true", "default: 'yes'"))
    assert found(problems) == ["5:66 wrong-type"]


INLINE = """\
version: v0.3.0
listeners: [{type: model, name: llm, port: 12000}]
model_providers:
  - model: openai/gpt-4o
    access_key: $K
    default: true
    routing_preferences:
      - {name: code, description: writing new code of any kind}
      - {name: chat, description: small talk with people}
  - model: anthropic/claude-sonnet-4-6
    access_key: $K
    routing_preferences:
      - {name: code, description: something entirely different}
"""


def test_inline_preferences_are_lifted_and_merged() -> None:
    config, problems = read_text(INLINE)
    assert config is not None
    assert [(r.name, r.description, r.models) for r in config.routing_preferences] == [
        ("code", "writing new code of any kind", ("openai/gpt-4o", "anthropic/claude-sonnet-4-6")),
        ("chat", "small talk with people", ("openai/gpt-4o",)),
    ]
    assert [p for p in found(problems, "warning") if "not-enforced" not in p] == [
        "7:5 deprecated",
        "12:5 deprecated",
        "13:9 preference-conflict",
    ]


def test_a_top_level_preference_wins_outright() -> None:
    own = "routing_preferences: [{name: code, description: my own words for it, models: [gpt-4o]}]\n"
    config, problems = read_text(INLINE + own)
    assert config is not None
    assert [(r.name, r.models) for r in config.routing_preferences] == [
        ("code", ("gpt-4o",)),
        ("chat", ("openai/gpt-4o",)),
    ]
    assert [p for p in found(problems, "warning") if "overruled" in p] == [
        "8:9 preference-overruled",
        "13:9 preference-overruled",
    ]


def test_a_wildcard_cannot_have_inline_preferences() -> None:
    _, problems = read_text(INLINE.replace("claude-sonnet-4-6", '"*"').replace('anthropic/"*"', '"anthropic/*"'))
    assert found(problems) == ["12:5 wildcard-preference"]


def test_from_v0_4_0_on_inline_preferences_have_no_effect() -> None:
    config, problems = read_text(INLINE.replace("v0.3.0", "v0.4.0"))
    assert config is not None and config.routing_preferences == ()
    assert found(problems, "warning") == ["7:5 deprecated", "12:5 deprecated"]


def test_every_old_version_migrates_and_an_unknown_one_is_refused_with_a_hint() -> None:
    for version in ("v0.1", "v0.1.0", "0.1-beta", "0.2.0", "v0.2.0", "v0.3.0"):
        assert len(accepted(INLINE.replace("v0.3.0", version)).routing_preferences) == 2, version
    _, problems = read_text(INLINE.replace("v0.3.0", "v0.4.1"))
    assert found(problems) == ["1:10 not-one-of"] and "v0.4.0" in problems.errors[0].do


def test_the_document_itself_is_left_as_the_user_wrote_it() -> None:
    from pathlib import Path

    from control_plane import document, read
    from control_plane.problems import Problems

    parsed = document.parse(INLINE.encode(), "f", Path("/"))
    before = parsed.data
    read.config(parsed, {}, Problems())
    assert parsed.data == before
