"""Every way a call on a model listener can end, as tables: what Envoy is told to do, and the word for why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ext_proc.call import Attempt, Call, Forward, Outcome, Rank, Refuse, Reply
from ext_proc.decide.tests.model_world import (
    AT,
    CHAT,
    GPT,
    LLAMA,
    MESSAGES,
    MINI,
    PATHS,
    POEMS,
    RESPONSES,
    SONNET,
    FakeFigures,
    bare,
    call,
    preference,
    raw,
    routed,
    rules,
)
from ext_proc.preferences.prices import Price
from router_model.choice import RouterConfused, RouterLate, RouterUnreachable
from schemas.decisions import MAX_ATTEMPTS, Why

OWN = [{"name": "mine", "description": "about mine", "models": [MINI, GPT]}]
CHEAP = {"name": "mine", "description": "d", "models": [GPT, LLAMA, MINI], "selection_policy": {"prefer": "cheapest"}}
GPT_THEN_LLAMA = (AT[GPT], AT[LLAMA])

# What is called, what the router says, what comes of it, and why.
CASES: dict[str, tuple[Call, Any, Outcome, Why]] = {
    "preference": (call(), "code", Rank(GPT_THEN_LLAMA, GPT), Why.PREFERENCE),
    "preference-in-responses": (call(path=RESPONSES), "code", Rank((AT[GPT],), GPT), Why.PREFERENCE),
    "preference-in-messages": (call(path=MESSAGES), "code", Rank((AT[SONNET],), SONNET), Why.PREFERENCE),
    "none-fits": (call(), "", Forward(f"={MINI}"), Why.NO_MATCH),
    "none-fits-alias": (call(model="fast"), "", Forward("=fast"), Why.NO_MATCH),
    "none-fits-wildcard": (call(model="groq/any"), "", Forward("=groq/any"), Why.NO_MATCH),
    "none-fits-no-model": (call(model=None), "", Forward("*"), Why.NO_MATCH),
    "the-requested-one-fits": (call(), "poems", Forward(f"={MINI}"), Why.PREFERENCE),
    "the-requested-one-by-its-alias-fits": (call(model="fast"), "poems", Forward("=fast"), Why.PREFERENCE),
    "no-model-and-one-fits": (call(model=None), "poems", Rank((AT[MINI],), MINI), Why.PREFERENCE),
    "no-model-on-its-path": (call(path=MESSAGES), "poems", Forward(f"={MINI}"), Why.NO_MATCH),
    "late": (call(), RouterLate("x"), Forward(f"={MINI}"), Why.ROUTER_LATE),
    "unreachable": (call(), RouterUnreachable("x"), Forward(f"={MINI}"), Why.ROUTER_FAILED),
    "confused": (call(), RouterConfused("x"), Forward(f"={MINI}"), Why.ROUTER_FAILED),
    "own-cancelled-deadline": (call(), TimeoutError(), Forward(f"={MINI}"), Why.ROUTER_LATE),
    "unknown-model": (call(model="gpt-5"), "code", Refuse("model_not_found"), Why.REFUSED),
    "wildcard-itself": (call(model="groq/*"), "code", Refuse("model_not_found"), Why.REFUSED),
    "nobody-spoke": (call(text=""), "code", Forward(f"={MINI}"), Why.NOTHING_TO_ROUTE),
    "not-json": (raw(b'{"model": nonsense}'), "code", Refuse("invalid_json"), Why.REFUSED),
    "not-an-object": (raw(b"[1]"), "code", Refuse("invalid_json"), Why.REFUSED),
    "inline": (
        call(routing_preferences=OWN, model=SONNET),
        "mine",
        Rank((AT[MINI], AT[GPT]), MINI, call(model=SONNET).body),
        Why.INLINE_PREFERENCE,
    ),
    "inline-other-spelling": (
        call(routing_policy=OWN, model=SONNET),
        "mine",
        Rank((AT[MINI], AT[GPT]), MINI, call(model=SONNET).body),
        Why.INLINE_PREFERENCE,
    ),
    "inline-none-fits": (call(routing_preferences=OWN), "", Forward(f"={MINI}", call().body), Why.NO_MATCH),
    "inline-hides-the-configured": (
        call(routing_preferences=OWN),
        "code",
        Forward(f"={MINI}", call().body),
        Why.NO_MATCH,
    ),
    "inline-empty": (call(routing_preferences=[]), "code", Forward(f"={MINI}", call().body), Why.REQUESTED),
    "inline-null": (
        call(routing_preferences=None),
        "code",
        Rank(GPT_THEN_LLAMA, GPT, call().body),
        Why.PREFERENCE,
    ),
    "inline-both-spellings": (
        call(routing_preferences=OWN, routing_policy=OWN),
        "mine",
        Refuse("invalid_preferences"),
        Why.REFUSED,
    ),
    "inline-unknown-models": (
        call(routing_preferences=[{"name": "mine", "description": "d", "models": ["no-such", "gpt-4o"]}]),
        "mine",
        Rank((AT[GPT],), "gpt-4o", call().body),
        Why.INLINE_PREFERENCE,
    ),
    "inline-only-unknown-models": (
        call(routing_preferences=[{"name": "mine", "description": "d", "models": ["no-such", "groq/*"]}]),
        "mine",
        Forward(f"={MINI}", call().body),
        Why.NO_MATCH,
    ),
    "inline-cheapest": (
        call(routing_preferences=[CHEAP]),
        "mine",
        Rank((AT[MINI], AT[GPT], AT[LLAMA]), MINI, call().body),
        Why.INLINE_PREFERENCE,
    ),
    "a-callers-list": (call(caller="key:narrow"), "code", Rank((AT[LLAMA],), LLAMA), Why.PREFERENCE),
    "a-callers-list-and-none-fits": (call(GPT, caller="key:narrow"), "", Forward(f"={MINI}"), Why.NO_MATCH),
    "nothing-for-this-caller": (call(caller="key:nobody"), "code", Forward(f"={MINI}"), Why.NO_MATCH),
    "inline-is-no-way-around-a-list": (
        call(caller="key:narrow", routing_preferences=[{"name": "mine", "description": "d", "models": [GPT, "safe"]}]),
        "mine",
        Forward(f"={MINI}", call().body),
        Why.NO_MATCH,
    ),
}


@pytest.mark.parametrize(("asked", "says", "outcome", "why"), CASES.values(), ids=CASES)
def test_what_becomes_of_a_call(asked: Call, says: Any, outcome: Outcome, why: Why) -> None:
    figures = FakeFigures({GPT: Price(2.5, 10), MINI: Price(0.1, 0.6)})
    decided = routed(says, figures=figures).decide(asked)
    assert decided.outcome == outcome
    assert decided.record.why is why
    assert decided.record.error == (outcome.code if isinstance(outcome, Refuse) else None)


REFUSALS: dict[str, tuple[Any, dict[str, str], Outcome, Why]] = {
    "late": (RouterLate("x"), {"router_failure": "refuse"}, Refuse("router_failed"), Why.REFUSED),
    "failed": (RouterConfused("x"), {"router_failure": "refuse"}, Refuse("router_failed"), Why.REFUSED),
    "failed-but-no-match-refuses": (
        RouterConfused("x"),
        {"no_match": "refuse"},
        Forward(f"={MINI}"),
        Why.ROUTER_FAILED,
    ),
    "none-fits": ("", {"no_match": "refuse"}, Refuse("no_model_fits"), Why.REFUSED),
    "none-fits-but-failure-refuses": ("", {"router_failure": "refuse"}, Forward(f"={MINI}"), Why.NO_MATCH),
    "one-fits": ("code", {"no_match": "refuse", "router_failure": "refuse"}, Rank(GPT_THEN_LLAMA, GPT), Why.PREFERENCE),
}


@pytest.mark.parametrize(("says", "settings", "outcome", "why"), REFUSALS.values(), ids=REFUSALS)
def test_a_listener_that_refuses(says: Any, settings: dict[str, str], outcome: Outcome, why: Why) -> None:
    decided = routed(says).decide(call(), rules(**settings))
    assert (decided.outcome, decided.record.why) == (outcome, why)


def test_a_call_with_nothing_to_route_is_not_refused_for_that() -> None:
    decided = routed("code").decide(call(text=""), rules(no_match="refuse", router_failure="refuse"))
    assert decided.outcome == Forward(f"={MINI}")


@pytest.mark.parametrize("model", [None, "", MINI], ids=["absent", "empty", "named"])
def test_without_preferences_the_router_is_not_asked(model: str | None) -> None:
    world = routed("code")
    decided = world.decide(call(model=model), bare(default="gpt"))
    assert decided.outcome == Forward(f"={model}" if model else "*")
    assert decided.record.why is Why.REQUESTED
    assert not world.router.asked


def test_a_missing_model_is_the_default_one_by_its_name() -> None:
    """The record knows who answers; Envoy is still asked for "no model", which is where the model is written in."""
    decided = routed("").decide(call(model=None), rules(default="gpt"))
    assert decided.outcome == Forward("*")
    assert decided.record.model == GPT


@pytest.mark.parametrize(
    ("model", "picked", "attempts"),
    [
        ("safe", 0, (AT[GPT], AT[LLAMA])),
        ("split", 0, (AT[GPT],)),
        ("split", 1, (AT[MINI],)),
        ("fast", 0, (AT[MINI],)),
        ("groq/meta/llama-4", 0, (Attempt("groq", "meta/llama-4"),)),
    ],
    ids=["failover-alias", "heavy-side", "light-side", "alias", "wildcard"],
)
def test_what_a_preferred_name_stands_for(model: str, picked: int, attempts: tuple[Attempt, ...]) -> None:
    world = routed("any", picked=picked)
    assert world.decide(call(model=SONNET), rules(preference("any", model))).outcome == Rank(attempts, model)


def test_places_two_names_lead_to_are_tried_once() -> None:
    decided = routed("any").decide(call(), rules(preference("any", "safe", GPT, "gpt-4o", LLAMA, MINI)))
    assert decided.outcome == Rank((AT[GPT], AT[LLAMA], AT[MINI]), "safe")


def test_a_weighted_alias_whose_other_half_speaks_another_dialect() -> None:
    """Weights are those of the targets that are able, so an index of the others would be wrong."""
    asked = call(path=MESSAGES, model=SONNET)
    decided = routed("any", picked=5).decide(asked, rules(preference("any", "split", SONNET)))
    assert decided.outcome == Forward(f"={SONNET}")


@pytest.mark.parametrize("path", PATHS)
def test_no_model_of_the_preference_serves_the_path(path: str) -> None:
    """The requested model is left to Envoy, which knows whether it serves the path, and says so where it does not."""
    other = SONNET if path != MESSAGES else GPT
    decided = routed("any").decide(call(path=path, model=SONNET), rules(preference("any", other)))
    assert (decided.outcome, decided.record.why) == (
        Forward(f"={SONNET}"),
        Why.NO_MATCH,
    )


def test_fastest_first() -> None:
    world = routed("any", figures=FakeFigures(latencies={LLAMA: 0.2, MINI: 0.1}))
    decided = world.decide(call(model=SONNET), rules(preference("any", GPT, LLAMA, MINI, prefer="fastest")))
    assert isinstance(decided.outcome, Rank)
    assert decided.outcome.attempts == (AT[MINI], AT[LLAMA], AT[GPT])


BAD_PREFERENCES: dict[str, tuple[Any, str]] = {
    "no-list": ("mine", "routing_preferences: must be a list"),
    "no-object": ([1], "routing_preferences[0]: must be an object"),
    "no-name": (
        [{"description": "secret text", "models": [GPT]}],
        "routing_preferences[0].name: must be a text that is not empty",
    ),
    "no-models": (
        [OWN[0], {"name": "b", "description": "d", "models": []}],
        "routing_preferences[1].models: must be a list of 1 to 100 model names",
    ),
    "model-is-none": (
        [{"name": "b", "description": "d", "models": [GPT, 7]}],
        "routing_preferences[0].models[1]: must be a model name",
    ),
    "twice": ([*OWN, *OWN], "routing_preferences[1].name: the same as routing_preferences[0].name"),
    "policy": (
        [{**OWN[0], "selection_policy": {"prefer": "secret"}}],
        "routing_preferences[0].selection_policy.prefer: must be cheapest, fastest or none",
    ),
}


@pytest.mark.parametrize(("sent", "problem"), BAD_PREFERENCES.values(), ids=BAD_PREFERENCES)
@pytest.mark.parametrize("path", [CHAT, f"/routing{CHAT}"])
def test_bad_preferences_are_told_by_their_address(path: str, sent: Any, problem: str) -> None:
    world = routed("mine")
    decided = world.decide(call(path=path, routing_preferences=sent))
    assert decided.outcome == Refuse("invalid_preferences")
    assert decided.record.more == {"problem": problem}
    assert not world.router.asked
    assert "secret" not in repr(decided.record)


def test_what_an_assistant_said_is_nothing_to_route_by() -> None:
    said = [{"role": "system", "content": "be brief"}, {"role": "assistant", "content": "a program"}]
    world = routed("code")
    decided = world.decide(raw(json.dumps({"model": MINI, "messages": said}).encode()))
    assert (decided.outcome, decided.record.why) == (Forward(f"={MINI}"), Why.NOTHING_TO_ROUTE)
    assert not world.router.asked


def test_the_router_is_asked_with_the_conversation_and_the_preferences() -> None:
    world = routed("code")
    said = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "hi"},
        {"role": "user", "content": "a program, please"},
    ]
    world.decide(raw(json.dumps({"model": MINI, "messages": said}).encode()))
    (question,) = world.router.asked
    assert [(turn.role, turn.text) for turn in question.conversation] == [
        ("user", "hello"),
        ("assistant", "hi"),
        ("user", "a program, please"),
    ]
    assert [(o.name, o.description, o.examples) for o in question.options] == [
        ("code", "about code", ("code!",)),
        ("poems", "about poems", ("poems!",)),
    ]
    assert not question.several
    assert world.router.deadlines_s == [2.0]


def test_the_record_of_a_choice() -> None:
    record = routed("code").decide(call(headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})).record
    assert (record.listener, record.request_id, record.trace_id) == ("llm", "r-1", "a" * 32)
    assert (record.candidates, record.chosen) == (("code", "poems"), (GPT, LLAMA))
    assert (record.route, record.model, record.choice) == ("code", GPT, "code")
    assert (record.confidence, record.router, record.prompt) == (0.9, "fake-1", "p/1")
    assert set(record.steps_ms) == {"read", "session", "router", "rank"}
    assert record.total_ms >= sum(record.steps_ms.values()) > 0


def test_names_of_requests_are_no_labels() -> None:
    """Metrics are counted by `choice`: whatever clients call their preferences, it is one word."""
    record = routed("mine").decide(call(routing_preferences=OWN)).record
    assert (record.choice, record.route) == ("inline", "mine")
    assert routed("").decide(call(routing_preferences=OWN)).record.choice == ""


@pytest.mark.parametrize("name", ["several", "inline", "-", "none", "and 80 more"])
def test_a_preference_called_like_a_word_of_ours_is_counted_as_any_other(name: str) -> None:
    own = [{"name": name, "description": "d", "models": [GPT]}]
    record = routed(name).decide(call(routing_preferences=own)).record
    assert (record.choice, record.route, record.candidates) == ("inline", name, (name,))


MANY = [f"groq/m{number}" for number in range(MAX_ATTEMPTS + 4)]
LONG_LIST = [{"name": "mine", "description": "d", "models": MANY}]


def test_of_many_models_the_first_are_attempts_and_the_rest_is_told() -> None:
    decided = routed("mine").decide(call(routing_preferences=LONG_LIST))
    assert isinstance(decided.outcome, Rank)
    assert [attempt.model for attempt in decided.outcome.attempts] == [f"m{number}" for number in range(MAX_ATTEMPTS)]
    assert decided.record.more["untried"] == 4
    assert "untried" not in routed("code").decide(call()).record.more


def test_the_models_that_get_no_attempt_are_explained() -> None:
    asked = call(path=f"/routing{CHAT}", headers={"x-plano-explain": "true"}, routing_preferences=LONG_LIST)
    answer = routed("mine").decide(asked).outcome
    assert isinstance(answer, Reply)
    assert json.loads(answer.body)["explain"]["untried"] == MANY[MAX_ATTEMPTS:]


def test_the_record_holds_nothing_that_was_said() -> None:
    for says in ("code", "", RouterConfused("x")):
        assert "s3cret" not in repr(routed(says).decide(call(text="s3cret")).record)


def test_a_prompt_in_another_language_goes_through() -> None:
    world = routed("code")
    text = "schreib ein Programm \U0001f40d \ud800"
    asked = raw(json.dumps({"model": MINI, "messages": [{"role": "user", "content": text}]}).encode())
    assert isinstance(world.decide(asked).outcome, Rank)
    assert world.router.asked[0].conversation[0].text == "schreib ein Programm \U0001f40d \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("asked", [call(), call(path=f"/routing{CHAT}")], ids=["call", "question"])
def test_a_fault_of_the_router_is_not_taken_for_its_silence(asked: Call) -> None:
    """A bug must be seen as one: it ends the exchange with an error instead of choosing something."""
    with pytest.raises(ZeroDivisionError):
        routed(ZeroDivisionError()).decide(asked)


def test_one_preference_is_still_a_question() -> None:
    """ "None fits" is an answer even where there is a single preference."""
    world = routed("")
    assert world.decide(call(), rules(POEMS)).outcome == Forward(f"={MINI}")
    assert len(world.router.asked) == 1


def test_no_reply_is_made_for_a_call() -> None:
    """Only questions are answered by the sidecar."""
    assert not isinstance(routed("code").decide(call()).outcome, Reply)
