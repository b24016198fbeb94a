"""Names of agents and preferences: what headers and logs could not say is refused; empty ones are told of."""

import pytest

from control_plane.tests.configs import AGENTS, HEAD, KEY, accepted, found, listener, provider, read_text, refused_once

TASK = "routing_preferences: [{{name: {}, description: writing code in python, models: [{}]}}]\n"
LONG = "x" * 201


def agent(written: str) -> str:
    return HEAD.replace("id: web", f"id: {written}")


def task(written: str, models: str = "gpt-4o") -> str:
    return HEAD + TASK.format(written, models)


def desk(agents: str, rest: str = "") -> str:
    return listener(f"{{type: agent, name: desk, port: 8001, agents: {agents}{rest}}}")


ERRORS = {
    "agent with a line break": (agent('"a\\nb"'), 2, "name-form", "line break", "one line"),
    "agent with a control character": (agent('"a\\x07"'), 2, "name-form", "control character", "one line"),
    "agent with a comma": (agent("'a,b'"), 2, "name-form", "comma", "letters"),
    "agent with a space before": (agent("' a'"), 2, "name-form", "begins or ends with a space", "remove"),
    "agent with a space behind": (agent("'a '"), 2, "name-form", "begins or ends with a space", "remove"),
    "agent called several": (
        agent("several"),
        2,
        "name-form",
        "'several' cannot be an agent id",
        "rename",
    ),
    "agent called like nothing": (agent("'-'"), 2, "name-form", "'-'", "rename"),
    "agent with a long id": (agent(LONG), 2, "out-of-range", "longer than 200 characters", "shorten"),
    "task with a line break": (task('"a\\nb"'), 8, "name-form", "line break", "one line"),
    "task with a space behind": (task("'a '"), 8, "name-form", "begins or ends with a space", "remove"),
    "task called like those of a request": (task("inline"), 8, "name-form", "cannot be a routing preference", "rename"),
    "task called like nothing": (task("none"), 8, "name-form", "'none'", "rename"),
    "task with a long name": (task(LONG), 8, "out-of-range", "longer than 200 characters", "shorten"),
    "preferred models of a provider": (task("n", "'openai/*'"), 8, "unknown-model", "every model", "openai/model-id"),
    "preferred models of a wildcard": (
        provider("model: groq/*, " + KEY) + TASK.format("n", "'groq/*'"),
        9,
        "unknown-model",
        "every model",
        "groq/model-id",
    ),
    "preferred models of nobody": (task("n", "'groq/*'"), 8, "unknown-model", "not declared", "declare"),
    "listener without agents": (desk("[]"), 6, "out-of-range", "agents is empty", "list at least one"),
    "model listener with a list of no agents": (
        listener("{type: model, name: b, port: 1, agents: []}"),
        6,
        "out-of-range",
        "agents is empty",
        "remove the key",
    ),
}


@pytest.mark.parametrize(("text", "line", "rule", "what", "do"), ERRORS.values(), ids=ERRORS.keys())
def test_refused(text: str, line: int, rule: str, what: str, do: str) -> None:
    refused_once(text, line, rule, what, do)


@pytest.mark.parametrize("name", ["rag agent", "Größe", "a/b", "several agents", "x" * 200])
def test_any_other_name_will_do(name: str) -> None:
    assert accepted(agent(name)).agents[1].id == name
    assert accepted(task(f"'{name}, or'" if len(name) < 200 else name)).routing_preferences


def test_a_wrong_type_is_one_fault_that_names_the_right_values() -> None:
    decision = "decision: {no_match: 1, sidecar_failure: false}"
    refused_once(desk(AGENTS, f", {decision.replace('no_match: 1, ', '')}"), 6, "wrong-type", "not true", "refuse, def")
    _, problems = read_text(desk(AGENTS, f", {decision}"))
    assert [rule.partition(" ")[2] for rule in found(problems)] == ["wrong-type"] * 2


def test_an_empty_list_of_agents_is_told() -> None:
    _, problems = read_text(HEAD.replace(HEAD.splitlines()[1], "agents: []"))
    assert "2:9 no-effect" in found(problems, "warning")


EMPTY = {
    "of a task": (task("n").replace("writing code in python", '""'), 8, "'n'"),
    "of one agent among several": (desk(f"{AGENTS[:-1]}, {{id: web, description: '  '}}]"), 6, "'web'"),
}


@pytest.mark.parametrize(("text", "line", "whose"), EMPTY.values(), ids=EMPTY.keys())
def test_an_empty_description_is_told_once(text: str, line: int, whose: str) -> None:
    config, problems = read_text(text)
    assert config is not None
    (told,) = [p for p in problems.warnings if p.rule == "vague-description"]
    assert told.place.line == line and f"the description of {whose} is empty" in told.what


def test_a_single_agent_needs_no_description() -> None:
    _, problems = read_text(desk("[{id: web, description: ''}]"))
    assert "vague-description" not in str(found(problems, "warning"))
