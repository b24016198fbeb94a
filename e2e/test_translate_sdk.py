"""The official SDKs against providers of every dialect: what their typed objects say is what the provider meant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.fake import Exchange
from e2e.polyglot.meant import ARGUMENTS, CACHED, CALL_ID, INPUT, OUTPUT, PROOF, TEXT, THOUGHT, TOOL
from e2e.polyglot.provider import dialect_of
from e2e.talking import TALKS, Heard
from e2e.translating import CLIENTS, MODELS, World, sent, translates, world

RESULT = 'sunny, "21 °C" ✓'
every_pair = pytest.mark.parametrize(("client", "provider"), [(c, p) for c in CLIENTS for p in MODELS])
both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def stage(running: World) -> World:
    running.reset()
    return running


def _counted(heard: Heard) -> None:
    assert (heard.input, heard.cached, heard.output) == (INPUT, CACHED, OUTPUT)


@pytest.mark.parametrize(("stream", "chunk"), [(False, 0), (True, -1), (True, 7)], ids=["whole", "events", "pieces"])
@every_pair
def test_text(stage: World, client: str, provider: str, stream: bool, chunk: int) -> None:
    stage.providers[provider].always(chunk=chunk)
    heard = TALKS[client](stage.url).ask(provider, stream=stream)
    assert (heard.text, heard.calls, heard.stop) == (TEXT, (), "end")
    _counted(heard)
    assert stage.counts() == {provider: 1} and stage.keys_are_kept()
    assert dialect_of(stage.providers[provider].last.target) == (
        provider if translates(client, provider) or client == provider else client
    )


@both
@every_pair
def test_the_limit_on_tokens_ends_an_answer(stage: World, client: str, provider: str, stream: bool) -> None:
    stage.providers[provider].short = True
    heard = TALKS[client](stage.url).ask(provider, stream=stream)
    assert (heard.text, heard.stop) == (TEXT, "length")


@both
@every_pair
@pytest.mark.parametrize("thinks", [False, True], ids=["plain", "thinking"])
def test_a_tool_is_called_and_its_result_goes_back(
    stage: World, client: str, provider: str, stream: bool, thinks: bool
) -> None:
    stage.providers[provider].thinks = thinks
    talk = TALKS[client](stage.url)
    first = talk.ask(provider, stream=stream, tools=True, thinks=thinks)
    assert (first.calls, first.stop, first.text) == (((TOOL, ARGUMENTS),), "tool", "")
    assert first.thought == (THOUGHT if thinks else "")
    _counted(first)
    talk.result(RESULT)
    second = talk.ask(provider, stream=stream, tools=True, thinks=thinks)
    assert (second.text, second.stop, second.thought) == (TEXT, "end", first.thought)
    _counted(second)
    assert stage.counts() == {provider: 2} and stage.keys_are_kept()
    _goes_on(stage.providers[provider].last)


def _goes_on(exchange: Exchange) -> None:
    """The second request holds the call as the provider made it, and the result beside it."""
    calls, results = _READERS[dialect_of(exchange.target) or ""](sent(exchange))
    ((call_id, name, arguments),), ((answered, result),) = calls, results
    assert (name, arguments) == (TOOL, ARGUMENTS)
    assert call_id == answered and RESULT in result
    if dialect_of(exchange.target) != "gemini":
        assert call_id == CALL_ID


Found = tuple[list[tuple[str, str, Any]], list[tuple[str, str]]]


def _chat(body: dict[str, Any]) -> Found:
    calls = [call for message in body["messages"] for call in message.get("tool_calls") or ()]
    results = [(m["tool_call_id"], _text(m["content"])) for m in body["messages"] if m["role"] == "tool"]
    return [(c["id"], c["function"]["name"], json.loads(c["function"]["arguments"])) for c in calls], results


def _messages(body: dict[str, Any]) -> Found:
    blocks = [block for m in body["messages"] if isinstance(m["content"], list) for block in m["content"]]
    calls = [(b["id"], b["name"], b["input"]) for b in blocks if b["type"] == "tool_use"]
    return calls, [(b["tool_use_id"], _text(b["content"])) for b in blocks if b["type"] == "tool_result"]


def _responses(body: dict[str, Any]) -> Found:
    items = [(item.get("type"), item) for item in body["input"]]
    calls = [(i["call_id"], i["name"], json.loads(i["arguments"])) for kind, i in items if kind == "function_call"]
    return calls, [(i["call_id"], _text(i["output"])) for kind, i in items if kind == "function_call_output"]


def _gemini(body: dict[str, Any]) -> Found:
    parts = [part for content in body["contents"] for part in content["parts"]]
    calls = [p["functionCall"] for p in parts if "functionCall" in p]
    results = [p["functionResponse"] for p in parts if "functionResponse" in p]
    said = [(r.get("id", r["name"]), "".join(map(str, r["response"].values()))) for r in results]
    return [(c.get("id", c["name"]), c["name"], c["args"]) for c in calls], said


def _converse(body: dict[str, Any]) -> Found:
    blocks = [block for message in body["messages"] for block in message["content"]]
    calls = [b["toolUse"] for b in blocks if "toolUse" in b]
    results = [b["toolResult"] for b in blocks if "toolResult" in b]
    said = [(r["toolUseId"], "".join(str(c.get("text", c.get("json"))) for c in r["content"])) for r in results]
    return [(c["toolUseId"], c["name"], c["input"]) for c in calls], said


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


_READERS = {
    "chat": _chat,
    "messages": _messages,
    "responses": _responses,
    "gemini": _gemini,
    "converse": _converse,
}


@both
@pytest.mark.parametrize("provider", ["messages", "responses", "gemini", "converse"])
@pytest.mark.parametrize("client", ["messages", "responses", "gemini"])
def test_the_proof_of_a_thought_comes_back_to_its_provider(
    stage: World, client: str, provider: str, stream: bool
) -> None:
    stage.providers[provider].thinks = True
    talk = TALKS[client](stage.url)
    talk.ask(provider, stream=stream, tools=True, thinks=True)
    talk.result(RESULT)
    talk.ask(provider, stream=stream, tools=True, thinks=True)
    assert PROOF in stage.providers[provider].last.body.decode()


@pytest.mark.parametrize("provider", ["messages", "responses", "gemini", "converse"])
@pytest.mark.parametrize("client", ["messages", "responses", "gemini"])
def test_the_proof_of_a_thought_is_for_nobody_else(stage: World, client: str, provider: str) -> None:
    stage.providers[provider].thinks = True
    talk = TALKS[client](stage.url)
    talk.ask(provider, stream=True, tools=True, thinks=True)
    talk.result(RESULT)
    for other in [word for word in MODELS if word not in (provider, client) and translates(client, word)]:
        assert talk.ask(other, stream=False, tools=True).text == TEXT
        body = stage.providers[other].last.body.decode()
        assert PROOF not in body and "plano1." not in body
