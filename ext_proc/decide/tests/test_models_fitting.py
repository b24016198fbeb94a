"""Models known to lack what a request needs are not chosen; without any that can, the client reads what is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ext_proc.call import Attempt, Call, Forward, Rank, Refuse, Reply
from ext_proc.decide.fitting import Fitting
from ext_proc.decide.tests.model_world import (
    AT,
    CHAT,
    GPT,
    MESSAGES,
    MINI,
    RESPONSES,
    World,
    call,
    preference,
    routed,
    rules,
)
from ext_proc.rules import Rules

BLIND = "groq/openai/gpt-oss-20b"
OTHER_BLIND = "groq/llama-3.3-70b-versatile"
STRANGE = "groq/nobody-knows"
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
FILE = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}
AT_BLIND = Attempt("groq", "openai/gpt-oss-20b")


def shown(*content: Any, model: str | None = MINI, **more: Any) -> Call:
    said = [{"role": "user", "content": [{"type": "text", "text": "look"}, *content]}]
    return call(model=model, messages=said, **more)


def by(*models: str, **more: Any) -> Rules:
    return rules(preference("code", *models), **more)


def world() -> World:
    made = World()
    made.router.says = "code"
    return made


def test_words_go_to_the_first() -> None:
    assert world().decide(shown(), by(BLIND, GPT)).outcome == Rank((AT_BLIND, AT[GPT]), BLIND)


def test_an_image_goes_to_a_model_that_sees() -> None:
    decided = world().decide(shown(IMAGE), by(BLIND, GPT, OTHER_BLIND))
    assert decided.outcome == Rank((AT[GPT],), GPT)
    assert decided.record.chosen == (GPT,)


def test_a_model_nobody_knows_stays() -> None:
    decided = world().decide(shown(IMAGE), by(STRANGE, BLIND))
    assert decided.outcome == Rank((Attempt("groq", "nobody-knows"),), STRANGE)


def test_of_an_aliases_targets_those_remain_that_can() -> None:
    made = rules(preference("code", "split"))
    assert world().decide(shown(IMAGE, model=None), made).outcome == Rank((AT[GPT],), "split")


@pytest.mark.parametrize("no_match", ["default", "refuse"])
def test_when_none_can_the_client_reads_what_is_missing_and_where(no_match: str) -> None:
    decided = world().decide(shown(IMAGE), by(BLIND, OTHER_BLIND, no_match=no_match))
    assert decided.outcome == Refuse("no_model_fits")
    assert decided.record.more["problem"] == (
        "the model openai/gpt-oss-20b cannot take images (at messages[0].content[1])"
    )


def test_what_nobody_may_ask_is_no_reason_to_speak_of_images() -> None:
    decided = world().decide(shown(IMAGE), by("no/such"))
    assert decided.outcome == Forward(f"={MINI}")


def test_a_provider_that_nobody_names_may_read_documents_out() -> None:
    assert world().decide(shown(FILE), by(BLIND)).outcome == Rank((AT_BLIND,), BLIND)


def test_a_provider_that_is_named_is_believed() -> None:
    named = by(BLIND, GPT)
    named = Rules(named.listener, named.decision, named.preferences, {"groq": "groq"})
    assert world().decide(shown(FILE), named).outcome == Rank((AT[GPT],), GPT)


def test_what_is_far_too_long_goes_to_a_model_with_room() -> None:
    words = {"type": "text", "text": "word " * 180_000}
    assert world().decide(shown(words), by(BLIND, "groq/gemini-2.5-pro")).outcome == Rank(
        (Attempt("groq", "gemini-2.5-pro"),), "groq/gemini-2.5-pro"
    )
    decided = world().decide(shown(words), by(BLIND))
    assert decided.outcome == Refuse("no_model_fits")
    assert "context_length" in str(decided.record.more["problem"])


def test_a_conversation_leaves_a_model_that_cannot_see_what_comes_next() -> None:
    made = world()
    headers = {"x-model-affinity": "s-1"}
    first = made.decide(shown(headers=headers), by(BLIND, GPT))
    assert isinstance(first.outcome, Rank) and first.outcome.model == BLIND
    second = made.decide(shown(IMAGE, headers=headers), by(BLIND, GPT))
    assert second.outcome == Rank((AT[GPT],), GPT)


def test_a_question_is_answered_with_models_that_can() -> None:
    outcome = world().decide(shown(IMAGE, path=f"/routing{CHAT}"), by(BLIND, GPT)).outcome
    assert isinstance(outcome, Reply) and b"gpt-4o" in outcome.body and b"gpt-oss" not in outcome.body


BODIES: dict[str, dict[str, Any]] = {
    RESPONSES: {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "https://a.example/b"}]}]},
    MESSAGES: {
        "max_tokens": 1,
        "messages": [
            {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://a.example/b"}}]}
        ],
    },
}


@pytest.mark.parametrize("path", BODIES)
def test_bodies_of_other_dialects_are_understood(path: str) -> None:
    body = {"model": "m", **BODIES[path]}
    fitting = Fitting(path, json.dumps(body).encode(), body, {})
    need = fitting.lack(AT_BLIND)
    assert need is not None and need.capability == "images" and need.at.endswith("[0].content[0]")
    assert fitting.fits(AT[GPT])


def test_a_body_nobody_understands_is_the_providers_matter() -> None:
    odd = {"type": "image_url", "image_url": 7}
    assert world().decide(shown(odd), by(BLIND)).outcome == Rank((AT_BLIND,), BLIND)


def test_other_refusals_of_that_code_say_why_too() -> None:
    decided = routed("").decide(call(), rules(no_match="refuse"))
    assert decided.record.more["problem"] == "no preference fits the request"
