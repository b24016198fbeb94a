"""The served router against a server without a model: what it asks, what it makes of the answers, how it fails."""

from __future__ import annotations

import asyncio
import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router_model.choice import (
    Choice,
    Option,
    Question,
    RouterConfused,
    RouterLate,
    RouterUnreachable,
    Turn,
)
from router_model.prompts import PLANO_ORCHESTRATOR
from router_model.tests.carrying import Carrier
from router_model.tests.fake_vllm import FakeVllm
from router_model.vllm import ServedRouter, Settings, answers, reading

UNTIMED = settings(deadline=None)
OPTIONS = (
    Option("code generation", "writes new code"),
    Option("code review", "reads code and comments on it"),
    Option("weather", "forecasts"),
    Option("Übersetzung [de]", "translates"),
)
RULES = (
    ("write", "code generation"),
    ("review", "code review"),
    ("rain", "weather"),
    ("auf Deutsch", "Übersetzung [de]"),
)
ORCHESTRATOR, ROUTER, LETTERED, UNTRAINED = "Plano-Orchestrator", "Arch-Router", "Lettered", "Qwen3-4B-Instruct"
MODELS = [ORCHESTRATOR, ROUTER, LETTERED, UNTRAINED]


def fake(**more) -> FakeVllm:
    return FakeVllm(rules=RULES, models=tuple(MODELS), **more)


def question(text: str, *, several: bool = False, options: tuple[Option, ...] = OPTIONS) -> Question:
    return Question((Turn("user", text),), options, several)


def ask(carrier: Carrier | FakeVllm, asked: Question, model: str = ORCHESTRATOR, deadline_s=5.0, **more) -> Choice:
    more = {"calibration": 1.0} | ({"prompt": "letter"} if model == LETTERED else {}) | more
    transport = carrier if isinstance(carrier, Carrier) else Carrier(carrier)
    router = ServedRouter(Settings(model=model, **more), transport)
    return asyncio.run(router.choose(asked, deadline_s))


def names(choice: Choice) -> list[str]:
    return [score.name for score in choice.chosen]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("please write a parser", ["code generation"]),
        ("review this", ["code review"]),
        ("will it rain in Paris", ["weather"]),
        ("und jetzt auf Deutsch", ["Übersetzung [de]"]),
        ("thank you!", []),
    ],
)
def test_one_option_or_none_is_chosen(model, text, wanted):
    choice = ask(fake(), question(text), model)
    assert names(choice) == wanted
    assert {score.name for score in choice.scores} == {option.name for option in OPTIONS}
    assert [score.probability for score in choice.scores] == sorted(
        (score.probability for score in choice.scores), reverse=True
    )
    assert choice.router == model and choice.threshold is None


@pytest.mark.parametrize("model", MODELS)
def test_the_confidence_is_what_the_model_gave_its_answer(model):
    sure = ask(fake(sureness=0.8), question("will it rain"), model, calibration=0)
    assert sure.confidence == sure.chosen[0].probability == pytest.approx(0.8)
    none = ask(fake(sureness=0.7), question("thanks"), model, calibration=0)
    assert none.confidence == pytest.approx(0.7) and sum(s.probability for s in none.scores) == pytest.approx(0.3)


def test_a_letter_is_one_token():
    server = fake()
    choice = ask(server, question("will it rain"), LETTERED, calibration=0)
    (request,) = server.requests
    assert request["max_tokens"] == 1
    assert request["structured_outputs"] == {"choice": ["A", "B", "C", "D", "Z"]}
    assert request["logprobs"] is True and request["top_logprobs"] == 20 and request["temperature"] == 0
    assert choice.prompt == "letter/1"


def test_a_trained_model_goes_on_from_the_beginning_of_its_answer_and_stops_when_the_option_is_clear():
    server = fake()
    options = (Option("sales", "sells"), Option("weather", "forecasts"))
    choice = ask(server, question("will it rain", options=options), calibration=0)
    (request,) = server.requests
    assert request["messages"][1] == {"role": "assistant", "content": '{"route":'}
    assert request["continue_final_message"] is True and request["add_generation_prompt"] is False
    assert request["structured_outputs"] == {"choice": [' ["sales"]}', ' ["weather"]}', " []}"]}
    assert request["max_tokens"] == 2
    assert choice.prompt == "plano-orchestrator/1"


def test_options_that_begin_alike_are_asked_for_again_in_full():
    options = (Option("a_b_c_d_e_one", "first"), Option("a_b_c_d_e_two", "second"))
    server = FakeVllm(rules=(("second", "a_b_c_d_e_two"),))
    choice = ask(server, question("the second", options=options), calibration=0)
    assert names(choice) == ["a_b_c_d_e_two"]
    first, second = server.requests
    assert first["max_tokens"] < second["max_tokens"]


def test_many_options_are_read_by_name_where_letters_do_not_reach():
    options = tuple(Option(f"route {number}", f"number {number}") for number in range(60))
    server = FakeVllm(rules=(("forty", "route 40"),), models=(LETTERED,))
    choice = ask(server, question("number forty", options=options), LETTERED)
    assert names(choice) == ["route 40"] and choice.prompt == "plano-orchestrator/1"


def test_an_option_called_other_is_an_option():
    options = (Option("other", "everything else"), Option("weather", "forecasts"))
    server = FakeVllm(rules=(("rain", "weather"), ("else", "other")), models=(ROUTER,))
    assert names(ask(server, question("something else", options=options), ROUTER)) == ["other"]


def test_without_options_nothing_is_asked():
    server = fake()
    choice = ask(server, question("hello", options=()))
    assert choice.chosen == () and choice.confidence == 1 and server.requests == []


# several


def test_several_options_come_in_the_order_of_execution():
    choice = ask(fake(), question("tell me if it will rain, then write a poem, auf Deutsch", several=True))
    assert names(choice) == ["weather", "code generation", "Übersetzung [de]"]
    assert choice.confidence == pytest.approx(0.9)
    assert choice.chosen[0].probability > 0.9 > choice.scores[-1].probability


def test_several_may_be_none_or_one():
    assert names(ask(fake(), question("thanks", several=True))) == []
    assert names(ask(fake(), question("rain?", several=True), LETTERED)) == ["weather"]


def test_a_model_that_knows_one_route_only_gives_one():
    assert names(ask(fake(), question("rain, then review", several=True), ROUTER)) == ["weather"]


@UNTIMED
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), min_size=1, max_size=6, unique=True))
def test_the_pattern_allows_exactly_the_lists_of_the_names(option_names):
    form = PLANO_ORCHESTRATOR
    pattern = re.compile(answers.listed_pattern(form, tuple(option_names)))
    everything = " [" + ", ".join(form.quoted(name) for name in option_names) + "]}"
    assert pattern.fullmatch(everything) and pattern.fullmatch(" []}")
    assert all(pattern.fullmatch(f" [{form.quoted(name)}]}}") for name in option_names)
    assert not pattern.fullmatch(" [" + ", ".join([form.quoted(option_names[0])] * (len(option_names) + 1)) + "]}")
    assert not pattern.fullmatch(' ["no such name of eight or less"]}')
    assert reading.names_in(answers.PREFILL + everything, option_names) == tuple(option_names)


# calibration


def test_an_option_the_model_says_anyway_has_to_be_meant():
    weights = {"popular": 0.5, "rare": 0.3, "": 0.2}
    prior = {"popular": 0.9, "rare": 0.1}
    calibrated = reading.calibrate(weights, prior, "", 1.0)
    assert max(calibrated, key=lambda name: calibrated[name]) == "rare"
    assert calibrated[""] == 0.2 and sum(calibrated.values()) == pytest.approx(1)
    assert reading.calibrate(weights, prior, "", 0.0) == pytest.approx(weights)
    assert reading.calibrate(weights, {}, "", 1.0) == weights


def test_the_prior_is_asked_once_for_a_set_of_options_and_does_not_offer_none():
    server = fake()
    router = ServedRouter(Settings(model=UNTRAINED), Carrier(server))

    async def twice():
        await router.choose(question("will it rain"), 5)
        await router.choose(question("write this"), 5)
        await router.choose(question("write this", options=OPTIONS[:2]), 5)

    asyncio.run(twice())
    priors = [request for request in server.requests if '"N/A"' in request["messages"][0]["content"]]
    assert len(server.requests) == 5 and len(priors) == 2
    assert all(" []}" not in request["structured_outputs"]["choice"] for request in priors)


def test_a_model_trained_to_route_is_not_calibrated_unless_told():
    trained, told = fake(), fake()
    ask(trained, question("will it rain"), calibration=None)
    ask(told, question("will it rain"), calibration=0.5)
    assert (len(trained.requests), len(told.requests)) == (1, 2)


def test_a_model_nobody_trained_reads_the_published_prompt():
    assert ask(fake(), question("will it rain"), UNTRAINED).prompt == "plano-orchestrator/1"


def test_without_a_prior_the_choice_stands():
    carrier = Carrier(fake(), lose=b"N/A")
    assert names(ask(carrier, question("will it rain"))) == ["weather"]
    assert len(carrier.deadlines_s) == 2 and len(carrier.fake.requests) == 1


# servers that give less


def test_a_server_without_structured_outputs_is_read_from_its_text():
    server = fake()
    choice = ask(server, question("rain, then review"), constrain=False)
    assert names(choice) == ["weather"] and choice.confidence == 0.5
    assert "structured_outputs" not in server.requests[0] and len(server.requests[0]["messages"]) == 1
    assert names(ask(fake(), question("rain, then review", several=True), constrain=False)) == [
        "weather",
        "code review",
    ]


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize(("text", "wanted"), [("please review", ["code review"]), ("thanks", [])])
def test_a_server_that_ignores_constraints_is_still_understood(several, text, wanted):
    choice = ask(fake(fault="unconstrained"), question(text, several=several))
    assert names(choice) == wanted and choice.confidence == 0.5


@pytest.mark.parametrize("model", MODELS)
def test_a_server_without_log_probabilities_leaves_the_confidence_in_the_middle(model):
    choice = ask(fake(fault="no_logprobs"), question("please review"), model)
    assert names(choice) == ["code review"] and choice.confidence == 0.5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"route": ["a", "b"]}', ("a", "b")),
        ("{'route': ['a']}", ("a",)),
        ('{"route": "b"}', ("b",)),
        ('{"route": null}', ()),
        ("{}", ()),
        ('{"route": []}', ()),
        ('{"route": ["a", "zz", "a", 3]}', ("a",)),
        ('{"route": ["a"]}\\n', ("a",)),
        ('```json\n{"route": ["b", "a"]}\n```', ("b", "a")),
        ('{"route": ["it\'s"]}', ("it's",)),
    ],
)
def test_answers_are_read_as_plano_reads_them(text, found):
    assert reading.names_in(text, ["a", "b", "it's"]) == found


@pytest.mark.parametrize("text", ["", "a", "[1]", "{route: a}", "null"])
def test_what_is_no_json_object_confuses(text):
    with pytest.raises(RouterConfused):
        reading.names_in(text, ["a"])


@UNTIMED
@given(st.text(max_size=60))
def test_reading_never_fails_in_another_way(text):
    with contextlib.suppress(RouterConfused):
        assert set(reading.names_in(text, ["a"])) <= {"a"}


# history and length


def test_a_long_history_is_cut_to_the_context_with_the_routes_counted():
    server = fake()
    options = tuple(Option(f"route {number}", "x" * 400) for number in range(19))
    turns = tuple(Turn("user", f"turn {number} " + "y" * 2000) for number in range(16))
    asked = Question((*turns, Turn("user", "will it rain")), options)
    ask(server, asked, context_tokens=4096)
    assert all(len(request["messages"][0]["content"].encode()) / 4 <= 4096 for request in server.requests)
    assert "turn 15" in server.requests[0]["messages"][0]["content"]


def test_when_the_server_counts_more_tokens_less_of_the_history_is_sent():
    server = fake(context_bytes=6000)
    asked = Question((Turn("user", "7" * 8000), Turn("user", "will it rain")), OPTIONS)
    assert names(ask(server, asked, context_tokens=3000, calibration=0)) == ["weather"]
    assert len(server.requests) == 2


def test_options_that_fill_the_context_are_an_error_and_not_a_question_without_content():
    server = fake()
    options = tuple(Option(f"route {number}", "x" * 400) for number in range(19))
    with pytest.raises(RouterConfused, match="options"):
        ask(server, question("will it rain", options=options), context_tokens=2048)
    assert server.requests == []


def test_a_list_among_many_options_leaves_room_for_the_conversation():
    server = FakeVllm(rules=(("forty", "route number 40"), ("nine", "route number 9")))
    options = tuple(Option(f"route number {number}", "d") for number in range(100))
    choice = ask(server, question("nine, then forty", several=True, options=options))
    assert names(choice) == ["route number 9", "route number 40"]
    assert server.requests[0]["max_tokens"] < 300


def test_half_a_character_does_not_break_the_request():
    assert names(ask(fake(), question("rain \ud83d"))) == ["weather"]


# failures


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("error", RouterUnreachable),
        ("busy", RouterUnreachable),
        ("refused", RouterConfused),
        ("too_long", RouterConfused),
        ("garbage", RouterConfused),
        ("empty", RouterConfused),
        ("prose", RouterConfused),
    ],
)
@pytest.mark.parametrize("several", [False, True])
def test_every_failure_has_its_kind_and_tells_no_secret(fault, error, several):
    with pytest.raises(error) as failure:
        ask(fake(fault=fault), question("my password is hunter2", several=several))
    assert "hunter2" not in str(failure.value)


def test_a_lost_connection_is_unreachable():
    with pytest.raises(RouterUnreachable):
        ask(Carrier(fake(), trouble="lost"), question("rain"))


def test_a_hanging_server_is_late_and_its_requests_are_cancelled():
    carrier = Carrier(fake(), trouble="hang")
    with pytest.raises(RouterLate):
        ask(carrier, question("rain"), deadline_s=0.01)
    assert carrier.cancelled == len(carrier.deadlines_s) == 2
    assert all(deadline_s <= 0.01 for deadline_s in carrier.deadlines_s)


def test_an_unknown_format_is_refused_before_any_question():
    with pytest.raises(KeyError, match="nonsense"):
        ServedRouter(Settings(model="m", prompt="nonsense"), Carrier(fake()))


@UNTIMED
@given(
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=6), min_size=1, max_size=8, unique=True),
    st.data(),
)
def test_the_probabilities_read_are_those_the_server_had(option_names, data):
    wanted = data.draw(st.sampled_from(option_names))
    sureness = data.draw(st.floats(0.05, 0.95))
    server = FakeVllm(rules=(("", wanted),), sureness=sureness)
    asked = question("x", options=tuple(Option(name, "d") for name in option_names))
    choice = ask(server, asked, calibration=0)
    rest = (1 - sureness) / len(option_names)
    scored = {score.name: score.probability for score in choice.scores}
    assert scored[wanted] == pytest.approx(sureness)
    assert all(scored[name] == pytest.approx(rest) for name in option_names if name != wanted)
