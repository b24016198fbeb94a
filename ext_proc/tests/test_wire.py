"""What goes over the wire, read and written with Envoy's own message classes on the other side."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st

from ext_proc import wire
from ext_proc.call import Attempt, Forward, Outcome, Rank, Record, Refuse, Reply, Stream
from ext_proc.exchange import Asked, Extend, Open, Pass, Send, Unexpected
from ext_proc.tests.envoy_schema import PACKAGE, message_class
from schemas.decisions import Why
from schemas.wire.ext_proc_pb2 import ProcessingRequest

EnvoyRequest = cast(Any, message_class(f"{PACKAGE}.ProcessingRequest"))
EnvoyResponse = cast(Any, message_class(f"{PACKAGE}.ProcessingResponse"))
RECORD = Record(listener="llm", why=Why.PREFERENCE, model="openai/gpt-4o", route="code", choice="code", total_ms=1.239)
STREAM = Stream(cast(AsyncIterator[bytes], None))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ANY_TEXT = st.text(st.characters())


def request(
    body: str = "{}", path: str = "/v1/chat/completions", model: str = "m", caller: str = "", **headers: str
) -> bytes:
    """A question as Envoy asks it, with everything else it puts into one."""
    question = EnvoyRequest()
    question.request_headers.end_of_stream = True
    for name, value in headers.items():
        question.request_headers.headers.headers.add(key=name.replace("_", "-"), raw_value=value.encode())
    asked = question.metadata_context.filter_metadata["plano.request"].fields
    for field, text in (("body", body), ("path", path), ("model", model), ("key", "=m")):
        asked[field].string_value = text
    if caller:
        known = question.metadata_context.filter_metadata["plano.caller"].fields
        known["id"].string_value, known["kind"].string_value = "someone", caller
    question.metadata_context.filter_metadata["other.filter"].fields["x"].number_value = 1
    question.attributes["envoy.filters.http.ext_proc"].fields["y"].bool_value = True
    question.protocol_config.request_body_mode = 0
    return cast(bytes, question.SerializeToString())


def asked(data: bytes) -> Asked | Unexpected:
    return wire.read(ProcessingRequest.FromString(data), "llm")


def answer(command: Send | Extend | Open | Pass) -> dict[str, Any]:
    """What Envoy reads; a field it does not know would fail here."""
    message = EnvoyResponse.FromString(wire.write(command).SerializeToString())
    assert EnvoyResponse.FromString(message.SerializeToString()) == message
    return MessageToDict(message, preserving_proto_field_name=True)


def send(outcome: Outcome, record: Record = RECORD) -> dict[str, Any]:
    assert not isinstance(outcome, Stream)
    return answer(Send(outcome, record))


def test_a_question_is_read_as_envoy_sends_it() -> None:
    found = asked(request('{"a":"ü"}', "/v1/messages", "gpt", "gold", x_request_id="r-1", user_agent="sdk"))
    assert isinstance(found, Asked)
    call = found.call
    assert (call.listener, call.path, call.model, call.caller) == ("llm", "/v1/messages", "gpt", "gold")
    assert json.loads(call.body) == {"a": "ü"}
    assert dict(call.headers) == {"x-request-id": "r-1", "user-agent": "sdk"}


@given(body=TEXT, path=TEXT, model=TEXT, caller=TEXT)
def test_every_text_of_a_question_arrives(body: str, path: str, model: str, caller: str) -> None:
    found = asked(request(body, path, model, caller))
    assert isinstance(found, Asked)
    assert (found.call.body.decode(), found.call.path, found.call.model) == (body, path, model)
    assert found.call.caller == caller


@given(st.binary())
def test_a_header_of_any_bytes_can_be_read(value: bytes) -> None:
    question = EnvoyRequest.FromString(request())
    question.request_headers.headers.headers.add(key="x-odd", raw_value=value)
    found = asked(question.SerializeToString())
    assert isinstance(found, Asked)
    assert found.call.headers["x-odd"] == value.decode("utf-8", "replace")


@pytest.mark.parametrize("kind", ["response_headers", "request_body", "response_body", "request_trailers"])
def test_what_was_never_asked_for_is_no_question(kind: str) -> None:
    question = EnvoyRequest()
    getattr(question, kind).SetInParent()
    assert asked(question.SerializeToString()) == Unexpected(f"a message of kind {kind}")


def test_headers_without_a_request_are_no_question() -> None:
    question = EnvoyRequest()
    question.request_headers.SetInParent()
    assert asked(question.SerializeToString()) == Unexpected("a question without a request")
    assert isinstance(asked(b""), Unexpected)


def test_a_decision_becomes_metadata_and_nothing_of_the_request_is_touched() -> None:
    assert send(Forward("=openai/gpt-4o")) == {
        "request_headers": {"response": {}},
        "dynamic_metadata": {
            "plano.decision": {
                "key": "=openai/gpt-4o",
                "us": "1239",
                "ms": "1.24",
                "choice": "code",
                "why": "preference",
                "route": "code",
                "model": "openai/gpt-4o",
            }
        },
    }


def test_a_new_body_replaces_the_old_one_with_its_length() -> None:
    response = send(Forward("@agent", b'{"a":1}'))["request_headers"]["response"]
    assert response == {
        "status": "CONTINUE_AND_REPLACE",
        "header_mutation": {"remove_headers": ["content-length"]},
        "body_mutation": {"body": "eyJhIjoxfQ=="},
    }


def test_an_empty_body_is_a_body() -> None:
    """Kept apart from no body: an empty one replaces the client's."""
    assert send(Forward("=m", b""))["request_headers"]["response"]["status"] == "CONTINUE_AND_REPLACE"


def test_a_ranking_names_the_attempts_in_order() -> None:
    metadata = send(Rank((Attempt("a", "x"), Attempt("b", "y")), "x"))["dynamic_metadata"]
    assert metadata["plano.decision"] | {"key": "&", "retries": "1", "models": ["x", "y"]} == metadata["plano.decision"]
    groups = metadata["plano.attempts"]["priority_groups"]
    assert [group["name"] for group in groups] == ["1", "2"]
    assert [group["clusters"] for group in groups] == [
        [{"cluster_name": "a", "weight": 1.0}],
        [{"cluster_name": "b", "weight": 1.0}],
    ]


def test_a_refusal_is_a_key_of_its_code() -> None:
    assert send(Refuse("no_model_fits"))["dynamic_metadata"]["plano.decision"]["key"] == "!no_model_fits"


@pytest.mark.parametrize("shows", [True, False])
def test_an_answer_made_here_is_json_and_tells_the_decision_where_it_should(shows: bool) -> None:
    found = send(Reply(200, b"{}", shows))
    immediate = found["immediate_response"]
    names = [each["header"]["key"] for each in immediate["headers"]["set_headers"]]
    assert immediate["status"] == {"code": "OK"}
    assert immediate["body"] == "e30="
    assert immediate["details"] == "plano_preference"
    assert names[0] == "content-type"
    assert ("x-plano-route" in names) is shows
    assert "key" not in found["dynamic_metadata"]["plano.decision"]


def test_a_streamed_answer_has_a_head_pieces_and_an_end() -> None:
    head = answer(Open(STREAM, RECORD))["streamed_immediate_response"]["headers_response"]["headers"]["headers"]
    assert [each["key"] for each in head][:2] == [":status", "content-type"]
    assert answer(Pass(b"data"))["streamed_immediate_response"] == {"body_response": {"body": "ZGF0YQ=="}}
    assert answer(Pass(b"", last=True))["streamed_immediate_response"] == {"body_response": {"end_of_stream": True}}


@pytest.mark.parametrize(("seconds", "shown"), [(20.0, "20s"), (0.5, "0.500s"), (0.0, "0.001s")])
def test_more_time_is_never_none(seconds: float, shown: str) -> None:
    """Envoy takes a message timeout of nothing for no wish at all."""
    assert answer(Extend(seconds)) == {"override_message_timeout": shown}


def test_what_is_unknown_is_absent_and_not_empty() -> None:
    found = send(Refuse("router_failed"), Record(listener="llm", why=Why.REFUSED))["dynamic_metadata"]["plano.decision"]
    assert found == {"key": "!router_failed", "us": "0", "ms": "0.00", "choice": "-", "why": "refused"}


def test_facts_of_a_session_are_told_as_text() -> None:
    facts: dict[str, str | float | bool] = {"warm": True, "idle_ms": 173, "cost": 0.5, "id": "s"}
    record = Record(listener="llm", why=Why.CONTINUATION, more=facts)
    told = send(Forward("=m"), record)["dynamic_metadata"]["plano.decision"]
    assert {name: told[name] for name in facts} == {
        "warm": "true",
        "idle_ms": "173",
        "cost": "0.5",
        "id": "s",
    }


@given(route=ANY_TEXT, model=ANY_TEXT, fact=ANY_TEXT, attempt=ANY_TEXT)
def test_whatever_a_client_calls_things_an_answer_can_be_written(
    route: str, model: str, fact: str, attempt: str
) -> None:
    """Clients name preferences and models; JSON lets them put anything there, headers and this protocol do not."""
    record = Record(
        listener="llm", why=Why.INLINE_PREFERENCE, route=route, model=model, choice=route, more={"fact": fact}
    )
    told = send(Rank((Attempt("c", attempt),), model), record)["dynamic_metadata"]["plano.decision"]
    for name in ("route", "model"):
        assert all(" " <= character <= "~" for character in told.get(name, ""))
        assert len(told.get(name, "")) <= 200


def test_a_header_that_comes_twice_is_one_with_both_values() -> None:
    question = EnvoyRequest.FromString(request(x_tag="a", cookie="b=1"))
    found = question.request_headers.headers.headers
    found.add(key="x-tag", raw_value=b"c")
    found.add(key="cookie", raw_value=b"d=2")
    found.add(key="x-tag", raw_value=b"")
    event = asked(question.SerializeToString())
    assert isinstance(event, Asked)
    assert event.call.headers == {"x-tag": "a, c, ", "cookie": "b=1; d=2"}


def test_answers_that_are_alike_tell_their_own_time_and_facts() -> None:
    """What is the same for many is put together once; the rest must not be taken from another answer."""
    attempts = (Attempt("c", "m"), Attempt("d", "n"))
    one = replace(RECORD, total_ms=1.0, confidence=0.25, more={"plano.session_id": "a", "plano.cache.warm": True})
    other = replace(RECORD, total_ms=2.5, more={"plano.session_id": "b"})
    told = [send(Rank(attempts, "m"), each)["dynamic_metadata"] for each in (one, other, one)]
    facts = [{name: each["plano.decision"].get(name) for name in FACTS} for each in told]
    first = {"us": "1000", "ms": "1.00", "confidence": "0.25", "plano.session_id": "a", "plano.cache.warm": "true"}
    second = {"us": "2500", "ms": "2.50", "confidence": None, "plano.session_id": "b", "plano.cache.warm": None}
    assert facts == [first, second, first]
    assert told[0] == told[2]
    assert {name: value for name, value in told[1]["plano.decision"].items() if name not in FACTS} == {
        name: value for name, value in told[0]["plano.decision"].items() if name not in FACTS
    }


FACTS = ("us", "ms", "confidence", "plano.session_id", "plano.cache.warm")


@given(st.lists(st.tuples(*map(st.sampled_from, ("abc", "mn", ["x", "y" * 5000]))), min_size=2))
def test_an_answer_is_the_same_whatever_was_answered_before(asked_for: list[tuple[str, str, str]]) -> None:
    for cluster, model, route in asked_for:
        found = send(Rank((Attempt(cluster, model),), model), replace(RECORD, route=route, model=model))
        decision = found["dynamic_metadata"]["plano.decision"]
        assert (decision["models"], decision["model"], decision["route"]) == ([model], model, route[:200])
        group = found["dynamic_metadata"]["plano.attempts"]["priority_groups"][0]
        assert group["clusters"] == [{"cluster_name": cluster, "weight": 1.0}]
