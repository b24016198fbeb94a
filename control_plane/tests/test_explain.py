"""What `explain` says about one request, and about every configuration of the corpus (goldens)."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from control_plane.compile import Compiled, compile_text
from control_plane.explain import UnknownListener, explain
from control_plane.explain import text as explain_text
from control_plane.explain.answer import Request
from control_plane.tests import golden
from control_plane.tests.configs import CORPUS

TEXT = """\
version: v0.4.0
listeners:
  - type: model
    name: llm
    max_retries: 3
    input_filters: [guard]
    auth:
      header: X-Gateway-Key
      api_keys:
        - {name: app, key: $APP_KEY, models: [safe]}
  - type: agent
    name: desk
    port: 8001
    agents:
      - {id: one, description: answers questions}
agents:
  - {id: one, url: "http://localhost:9001/base"}
filters:
  - {id: guard, url: "http://localhost:9002"}
model_providers:
  - {model: openai/gpt-4o, access_key: sk-THE-SECRET, default: true, timeouts: {first_byte: 9s}}
  - {model: anthropic/claude-sonnet-4-5, access_key: $ANTHROPIC_API_KEY}
  - {model: azure_openai/gpt-4o-mini, base_url: "https://eu.openai.azure.com", passthrough_auth: true}
  - {model: groq/*, access_key: $GROQ_API_KEY}
model_aliases:
  safe: {targets: [{model: openai/gpt-4o}, {model: groq/llama-3.3-70b}, {model: anthropic/claude-sonnet-4-5}]}
  split: {targets: [{model: openai/gpt-4o, weight: 3}, {model: groq/x, weight: 1}]}
"""


def compiled(text: str = TEXT, name: str = "plano.yaml") -> Compiled:
    made = compile_text(text.encode(), name, Path("/nowhere"), {})
    assert made.gateway is not None, [str(problem) for problem in made.problems]
    return made


def ask(model: str | None = None, path: str | None = None, listener: str | None = "llm") -> Request:
    (request,) = explain(compiled(), model=model, path=path, listener=listener).requests
    return request


def test_attempts_in_order_with_credentials_and_models() -> None:
    request = ask("safe", "/v1/chat/completions")
    assert [
        [(a.cluster, a.address + a.path, a.model, a.rewritten, a.credential) for a in g] for g in request.attempts
    ] == [
        [
            (
                "openai",
                "https://api.openai.com/v1/chat/completions",
                "gpt-4o",
                True,
                "authorization from the key written in the file",
            )
        ],
        [
            (
                "groq",
                "https://api.groq.com/openai/v1/chat/completions",
                "llama-3.3-70b",
                True,
                "authorization from environment variable GROQ_API_KEY",
            )
        ],
        [
            (
                "anthropic",
                "https://api.anthropic.com/v1/messages",
                "claude-sonnet-4-5",
                True,
                "x-api-key from environment variable ANTHROPIC_API_KEY",
            )
        ],
    ]
    assert [[a.translated for a in g] for g in request.attempts] == [[""], [""], ["anthropic_messages"]]
    skipped = [step.text for step in ask("safe", "/v1/embeddings").steps if step.topic == "skipped"]
    assert "anthropic/claude-sonnet-4-5 cannot be asked for /v1/embeddings" in skipped


def test_every_setting_names_its_line() -> None:
    origins = {s.name: (s.value, s.at.line if s.at else None) for s in ask("safe").settings}
    assert origins["first byte"] == ("9s", 21)
    assert origins["retries"] == ("3", 3)
    assert origins["idle"] == ("300s", None)


@pytest.mark.parametrize(
    "model, path, steps",
    [
        pytest.param("gpt-4o", None, [("model", "gpt-4o is openai/gpt-4o", 21)], id="model"),
        pytest.param(None, "/v1/responses", [("model", "none named: the default openai/gpt-4o", 21)], id="default"),
        pytest.param(
            "split",
            None,
            [("model", "alias split -> openai/gpt-4o (weight 3) | groq/x (weight 1)", 27)],
            id="split",
        ),
        pytest.param("groq/y", None, [("model", "groq/y through the wildcard groq/*", 24)], id="wildcard"),
    ],
)
def test_how_a_name_became_a_model(model: str | None, path: str | None, steps: list[tuple[str, str, int]]) -> None:
    found = [(s.topic, s.text, s.at.line if s.at else 0) for s in ask(model, path).steps if s.topic == "model"]
    assert found == steps


def test_shares_of_a_split() -> None:
    assert [[a.share for a in group] for group in ask("split").attempts] == [[75, 25]]


def test_a_count_that_nobody_makes_is_told_as_an_estimate() -> None:
    ((attempt,),) = ask("gpt-4o-mini", "/v1/messages/count_tokens").attempts
    assert (attempt.path, attempt.translated) == ("", "estimate")


def test_the_path_of_a_deployment_names_the_model() -> None:
    ((attempt,),) = ask("gpt-4o-mini").attempts
    assert attempt.path.startswith("/openai/deployments/gpt-4o-mini/chat/completions?api-version=")
    assert attempt.credential == "api-key from the caller's own key"


@pytest.mark.parametrize(
    "model, path, code, do",
    [
        pytest.param("gpt-4p", None, "model_not_found", "did you mean 'gpt-4o'?", id="misspelt model"),
        pytest.param("gpt-4o", "/v1/mesages", "endpoint_not_found", "did you mean '/v1/messages'?", id="misspelt path"),
        pytest.param(
            "claude-sonnet-4-5",
            "/v1/embeddings",
            "translation_required",
            "this model answers /v1/chat/completions, /v1/messages, /v1/messages/count_tokens, /v1/responses, "
            "/v1/responses/input_tokens, /v1beta/models/{model}:generateContent, "
            "/v1beta/models/{model}:streamGenerateContent, /v1beta/models/{model}:countTokens",
            id="dialect",
        ),
    ],
)
def test_refusals(model: str, path: str | None, code: str, do: str) -> None:
    refusal = ask(model, path).refusal
    assert refusal and (refusal.code, refusal.do) == (code, do)


def test_without_a_default_a_missing_model_is_refused() -> None:
    made = compiled(TEXT.replace(", default: true", ""))
    (request,) = explain(made, path="/v1/responses", listener="llm").requests
    assert request.refusal and request.refusal.code == "missing_model"


def test_the_first_path_a_model_serves_is_taken_when_none_is_named() -> None:
    assert ask("claude-sonnet-4-5").path == "/v1/messages"


def test_callers_and_filters() -> None:
    request = ask("safe")
    callers = [step.text for step in request.steps if step.topic == "caller"]
    assert callers == [
        "needs a key of app (x-gateway-key), else 401 unauthorized",
        "app may only ask for safe",
    ]
    assert request.filters == ("guard before the model (not enforced yet)",)


def test_agents() -> None:
    request = ask(listener="desk", path="/v1/messages")
    assert [step.text for step in request.steps if step.topic == "agent"] == [
        "one -> http://localhost:9001/base/v1/messages, cluster agent_one"
    ]
    assert [setting.name for setting in request.settings] == ["first byte", "idle", "total", "retries"]
    assert request.refusal is None


DECIDED = """\
version: v0.4.0
listeners:
  - {type: agent, name: desk, port: 8001, decision: {mode: parallel, no_match: refuse, agent_failure: skip},
     agents: [{id: one, description: answers questions}, {id: two, description: books flights, default: true}]}
  - {type: agent, name: alone, port: 8002, agents: [{id: one, description: answers questions}]}
  - {type: model, name: llm, port: 12000}
agents: [{id: one, url: "http://localhost:9001"}, {id: two, url: "http://localhost:9002"}]
model_providers:
  - {model: openai/gpt-4o, access_key: $K, default: true}
  - {model: plano/Plano-Orchestrator, base_url: "http://localhost:8000"}
router: {kind: cascade, model: Plano-Orchestrator, threshold: 0.4}
routing_preferences:
  - {name: code, description: writing new code, models: [gpt-4o], selection_policy: {prefer: cheapest}}
"""


def decided(listener: str, text: str = DECIDED, **asked: str) -> list[tuple[str, str, int]]:
    explanation = explain(compiled(text), listener=listener, **asked)
    tables = [table.deciding for table in explanation.listeners]
    (settings,) = tables + [request.deciding for request in explanation.requests]
    return [(s.name, s.value, s.at.line if s.at else 0) for s in settings]


def test_how_agents_are_chosen_with_the_lines_that_say_so() -> None:
    assert decided("desk") == [
        ("decided", "every request to /v1/chat/completions, /v1/messages, /v1/responses", 0),
        (
            "chosen by",
            "the embedded router, from a probability of 0.4, and where it is unsure plano/Plano-Orchestrator at "
            "localhost:8000",
            11,
        ),
        ("deadline", "2s", 0),
        ("nothing fits", "422 no_agent_fits", 3),
        ("router fails", "two answers", 0),
        ("sidecar fails", "503 decision_unavailable", 0),
        ("several agents", "parallel: all before the last at once", 3),
        ("agent fails", "the others go on without it", 3),
        ("decision in all", "at most 305s", 0),
        ("answer headers", "with the decision", 0),
    ]


def test_how_models_are_chosen() -> None:
    told = decided("llm")
    assert ("preference", "code -> gpt-4o, the cheapest first", 13) in told
    assert ("nothing fits", "the requested model answers", 0) in told
    assert not {name for name, _, _ in told} & {"several agents", "agent fails"}


@pytest.mark.parametrize(
    "router, who",
    [
        pytest.param("", "the embedded router", id="nothing said"),
        pytest.param(
            "router: {model: Plano-Orchestrator}\n",
            "plano/Plano-Orchestrator at localhost:8000, and where it fails the embedded router",
            id="served",
        ),
    ],
)
def test_who_chooses(router: str, who: str) -> None:
    text = re.sub(r"router: .*\n", router, DECIDED)
    assert {name: value for name, value, _ in decided("llm", text)}["chosen by"] == who


def test_a_single_agent_is_not_chosen() -> None:
    assert decided("alone") == []


def test_without_preferences_only_requests_that_bring_some_are_decided() -> None:
    text = DECIDED[: DECIDED.index("routing_preferences")]
    assert decided("llm", text)[0] == ("decided", "only requests that bring routing_preferences", 0)
    assert decided("llm", text, model="gpt-4o") == []


def test_a_request_is_told_who_chooses_on_the_paths_that_are_decided() -> None:
    assert decided("llm", path="/v1/chat/completions", model="gpt-4o") == decided("llm")
    assert decided("llm", path="/v1/embeddings", model="gpt-4o") == []
    assert decided("desk", path="/v1/messages") == decided("desk")


def test_a_choice_alone_can_be_asked_for() -> None:
    (request,) = explain(compiled(DECIDED), listener="llm", path="/routing/v1/messages").requests
    assert request.refusal is None and request.attempts == () and request.deciding
    (refused,) = explain(compiled(DECIDED), listener="llm", path="/routing/v1/embeddings").requests
    assert refused.refusal and refused.refusal.code == "endpoint_not_found"


@pytest.mark.parametrize("path", ["/v1/models", "/healthz"])
def test_what_the_gateway_answers_itself(path: str) -> None:
    request = ask(path=path)
    assert request.refusal is None and not request.attempts


def test_unknown_listener() -> None:
    with pytest.raises(UnknownListener, match="did you mean 'desk'"):
        explain(compiled(), listener="desc")


def test_no_secret_is_shown() -> None:
    made = compiled()
    for explanation in (explain(made), explain(made, model="gpt-4o"), explain(made, path="/v1/messages")):
        assert "THE-SECRET" not in explain_text.text(explanation) + repr(asdict(explanation))


def test_colour_changes_nothing_but_colour() -> None:
    explanation = explain(compiled(), model="safe")
    coloured = explain_text.text(explanation, colour=True)
    assert re.sub(r"\x1b\[\d+m", "", coloured) == explain_text.text(explanation) != coloured


ASKED = ["safe", "split", "groq/y", "nothing"]
FILES = sorted(CORPUS.glob("*.yaml"))


def _asked(model: str) -> str:
    return f"request-{model.replace('/', '-')}.txt"


@pytest.mark.parametrize("model", ASKED)
def test_text_of_a_request(model: str) -> None:
    golden.compare(f"explain/{_asked(model)}", explain_text.text(explain(compiled(), model=model)))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_tables_of_the_corpus(file: Path) -> None:
    made = compile_text(file.read_bytes(), "plano.yaml", Path("/nowhere"), {})
    refused = "".join(f"{problem}\n" for problem in made.problems.errors)
    golden.compare(f"explain/{file.stem}.txt", explain_text.text(explain(made)) if made.gateway else refused)


def test_every_golden_is_asked_for() -> None:
    golden.only("explain", [*map(_asked, ASKED), *(f"{file.stem}.txt" for file in FILES)])
