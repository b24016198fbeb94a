"""Faults and oddities of decisions, the router and examples: each told once, where it stands."""

import pytest

from control_plane.tests.configs import HEAD, KEY, accepted, provider, read_text, refused_once

TWO = "agents: [{id: rag, description: answers about the handbook}, {id: web, description: searches the web pages}]"
SERVED = "model: plano/Plano-Orchestrator, base_url: 'http://r:8000'"
UNSERVED = "model: plano/Plano-Orchestrator"


def desk(rest: str = "", agents: str = TWO) -> str:
    """HEAD with an agent listener in line 6."""
    entry = f"  - {{type: agent, name: desk, port: 8001, {agents}{', ' + rest if rest else ''}}}\n"
    return HEAD.replace("model_providers:", f"{entry}model_providers:")


def models(decision: str) -> str:
    """HEAD whose model listener, in line 5, decides like this."""
    return HEAD.replace("port: 12000", f"port: 12000, decision: {decision}")


ERRORS = {
    "mode where there are no agents": (models("{mode: parallel}"), 5, "agents-only", "'mode'", "remove"),
    "agent failure where there are no agents": (
        models("{agent_failure: skip}"),
        5,
        "agents-only",
        "'agent_failure'",
        "remove",
    ),
    "unknown mode": (desk("decision: {mode: paralel}"), 6, "not-one-of", "'paralel'", "did you mean 'parallel'?"),
    "unknown key": (desk("decision: {dedline: 1s}"), 6, "unknown-key", "'dedline'", "'deadline'"),
    "deadline of nothing": (models("{deadline: 0s}"), 5, "out-of-range", "zero", "above zero"),
    "deadline of a week": (models("{deadline: 168h}"), 5, "out-of-range", "a day", "unit"),
    "deadline that is none": (models("{deadline: soon}"), 5, "wrong-type", "'soon'", "correct"),
    "fallback that is none": (models("{no_match: fail}"), 5, "not-one-of", "'fail'", "default"),
    "no examples": (desk(agents=TWO.replace("pages", "pages, examples: []")), 6, "out-of-range", "is empty", "remove"),
    "empty example": (
        desk(agents=TWO.replace("pages", "pages, examples: ['']")),
        6,
        "out-of-range",
        "is empty",
        "give a value",
    ),
    "fifty-one examples": (
        desk(agents=TWO.replace("pages", f"pages, examples: [{', '.join(f'n{i}' for i in range(51))}]")),
        6,
        "out-of-range",
        "examples",
        "50",
    ),
    "unknown dialect": (
        HEAD.replace("http://localhost:2}", "http://localhost:2, dialect: openai}"),
        2,
        "not-one-of",
        "'openai'",
        "openai_chat",
    ),
    "router that is not declared": (HEAD + "router: {model: gpt-4p}\n", 8, "unknown-model", "'gpt-4p'", "gpt-4o"),
    "router without an address": (
        provider(UNSERVED) + "router: {model: Plano-Orchestrator}\n",
        9,
        "provider-address",
        "no base_url",
        "http://localhost:8000",
    ),
    "served router that nothing names": (HEAD + "router: {kind: vllm}\n", 8, "missing", "no model", "base_url"),
    "cascade to a model without an address": (
        provider(UNSERVED) + "overrides: {llm_routing_model: Plano-Orchestrator}\nrouter: {kind: cascade}\n",
        10,
        "missing",
        "cascade",
        "base_url",
    ),
    "kind of router": (HEAD + "router: {kind: vlm}\n", 8, "not-one-of", "'vlm'", "did you mean 'vllm'?"),
    "threshold in percent": (HEAD + "router: {threshold: 50}\n", 8, "out-of-range", "too large", "1"),
    "context of nothing": (HEAD + "router: {context_length: 0}\n", 8, "out-of-range", "too small", "1"),
    "prompt nobody knows": (
        provider(SERVED) + "router: {model: Plano-Orchestrator, prompt: arch}\n",
        9,
        "not-one-of",
        "'arch'",
        "arch-router",
    ),
}


@pytest.mark.parametrize(("text", "line", "rule", "what", "do"), ERRORS.values(), ids=ERRORS.keys())
def test_errors(text: str, line: int, rule: str, what: str, do: str) -> None:
    refused_once(text, line, rule, what, do)


WARNINGS = {
    "decision of a single agent": (
        desk("decision: {mode: parallel}", TWO.split(", {id: web")[0] + "]"),
        6,
        "no-effect",
        "single agent",
    ),
    "deadline longer than the request": (
        HEAD.replace("port: 12000", "port: 12000, timeout: 5s, decision: {deadline: 5s}"),
        5,
        "timeout-conflict",
        "'deadline'",
    ),
    "deadline longer than the total": (
        desk("timeouts: {first_byte: 1s, total: 2s}, decision: {deadline: 3s}"),
        6,
        "timeout-conflict",
        "'deadline'",
    ),
    "one example of two agents": (
        desk(
            agents=TWO.replace("handbook", "handbook, examples: [Find it]").replace(
                "pages", "pages, examples: [find  it]"
            )
        ),
        6,
        "equal-example",
        "'web' and 'rag'",
    ),
    "one example of two tasks": (
        HEAD + "routing_preferences:\n"
        "  - {name: n, description: writing new code, models: [gpt-4o], examples: [sort it]}\n"
        "  - {name: m, description: explaining old code, models: [gpt-4o], examples: [explain, Sort it]}\n",
        10,
        "equal-example",
        "'m' and 'n'",
    ),
    "model of the embedded router": (
        provider(SERVED) + "router: {kind: embedded, model: Plano-Orchestrator}\n",
        9,
        "no-effect",
        "router.model",
    ),
    "override beside the section": (
        provider(SERVED) + "router: {model: gpt-4o}\noverrides: {llm_routing_model: Plano-Orchestrator}\n",
        10,
        "overruled",
        "overrides.llm_routing_model",
    ),
    "override beside the embedded router": (
        HEAD + "router: {kind: embedded}\noverrides: {agent_orchestration_model: Plano-Orchestrator}\n",
        9,
        "overruled",
        "overrides.agent_orchestration_model",
    ),
    "two routers": (
        provider(SERVED) + "overrides: {llm_routing_model: gpt-4o, agent_orchestration_model: Plano-Orchestrator}\n",
        9,
        "overruled",
        "beside overrides.llm_routing_model",
    ),
    "router of the hosted service": (
        HEAD + "overrides: {agent_orchestration_model: Plano-Orchestrator}\n",
        8,
        "router-embedded",
        "its hosted service",
    ),
    "router declared without an address": (
        provider(UNSERVED) + "overrides: {llm_routing_model: plano/Plano-Orchestrator}\n",
        9,
        "router-embedded",
        "'plano/Plano-Orchestrator'",
    ),
}


@pytest.mark.parametrize(("text", "line", "rule", "what"), WARNINGS.values(), ids=WARNINGS.keys())
def test_warnings(text: str, line: int, rule: str, what: str) -> None:
    config, problems = read_text(text)
    assert config is not None, "\n".join(map(str, problems.errors))
    told = [p for p in problems.warnings if p.rule == rule]
    assert [p.place.line for p in told] == [line], "\n".join(map(str, problems))
    assert what in told[0].what


QUIET = {
    "a decision of agents": desk("decision: {mode: parallel, deadline: 500ms, no_match: refuse, agent_failure: skip}"),
    "a decision of models": models("{router_failure: refuse, sidecar_failure: default, headers: false}"),
    "a served router": provider(SERVED) + "router: {kind: cascade, model: Plano-Orchestrator, threshold: 0.4}\n",
    "a router of the overrides": provider(SERVED) + "overrides: {agent_orchestration_model: Plano-Orchestrator}\n",
    "a router given twice": provider(SERVED)
    + "overrides: {llm_routing_model: Plano-Orchestrator, agent_orchestration_model: Plano-Orchestrator}\n",
    "a router behind a wildcard": provider(f"model: groq/*, {KEY}") + "router: {model: groq/llama-3.1-8b-instant}\n",
    "Plano's own word": desk("router: plano_orchestrator_v1"),
}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET.keys())
def test_nothing_is_said_of_what_is_right(text: str) -> None:
    _, problems = read_text(text)
    assert [str(p) for p in problems if p.rule != "unused"] == []


def test_a_dollar_in_an_example_is_a_dollar() -> None:
    config = accepted(desk(agents=TWO.replace("pages", "pages, examples: ['what is $HOME, and ${X']")))
    assert config.listeners[1].agents[1].examples == ("what is $HOME, and ${X",)
