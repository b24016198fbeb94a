"""A provider of another dialect fails in every way there is: the next one answers, or the client is told in its words.

Never: a normal end of an answer that was cut, a word said twice, a key at the wrong provider.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.client import Reply, call
from e2e.polyglot.meant import TEXT, WORDS, Meant
from e2e.polyglot.provider import speak
from e2e.translating import CLIENTS, MODELS, World, body_of, path_of, translates, world

LIMITS = "timeouts: {connect: 500ms, first_byte: 1s, idle: 1s}"
BEFORE: dict[str, dict[str, Any]] = {
    "reset": {"fault": "reset"},
    "closed": {"fault": "fin"},
    "429": {"status": 429},
    "429-retry-after": {"status": 429, "headers": {"retry-after": "30"}},
    "500": {"status": 500},
    "503": {"status": 503},
    "silent": {"fault": "hang"},
    "silent-after-head": {"fault": "hang_body"},
    "cut-before-first-word": {"fault": "fin_mid", "cut": 20},
    "reset-before-first-word": {"fault": "reset_mid", "cut": 20},
    "garbage": {"body": b"\x00\xff<html>no</html>\n\n"},
    "empty": {"body": b""},
    "wrong-type": {"body": b"<html>Please sign in</html>", "headers": {"content-type": "text/html"}},
    "a-list": {"body": b"[1, 2]"},
}
"""Faults before the first word: another provider is asked."""
PAIRS = [(c, a, b) for c in CLIENTS for a in MODELS for b in MODELS if translates(c, a) and a != b]


def _some(pairs: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Every client with every first provider; the second ones take turns, the client's own among them."""
    found: dict[tuple[str, str], list[str]] = {}
    for client, first, second in pairs:
        found.setdefault((client, first), []).append(second)
    return [(c, a, seconds[n % len(seconds)]) for n, ((c, a), seconds) in enumerate(found.items())]


TRIPLES = _some(PAIRS)


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    with world(listener=LIMITS) as made:
        yield made


@pytest.fixture
def stage(running: World) -> World:
    running.reset()
    return running


def _ask(stage: World, client: str, model: str, *, stream: bool) -> Reply:
    return call(stage.port, path_of(client, model, stream=stream), body_of(client, model, stream=stream))


def _said(client: str, reply: Reply, *, stream: bool) -> str:
    """The text of a whole answer or of a stream, as far as it came."""
    rows = _rows(reply) if stream else [reply.json]
    return "".join(_TEXTS[client](row) for row in rows)


def _rows(reply: Reply) -> list[dict[str, Any]]:
    lines = (line.removeprefix(b"data:").strip() for line in reply.body.split(b"\n") if line.startswith(b"data:"))
    return [json.loads(line) for line in lines if line != b"[DONE]"]


def _chat(row: dict[str, Any]) -> str:
    return "".join((c.get("delta") or c.get("message"))["content"] or "" for c in row.get("choices", ()) if _holds(c))


def _holds(choice: dict[str, Any]) -> bool:
    return "content" in (choice.get("delta") or choice.get("message") or {})


def _messages(row: dict[str, Any]) -> str:
    return str(row.get("delta", {}).get("text", "")) + "".join(b.get("text", "") for b in row.get("content", ()))


def _responses(row: dict[str, Any]) -> str:
    if row.get("type") == "response.output_text.delta":
        return str(row["delta"])
    items = row.get("output", ()) if row.get("object") == "response" else ()
    return "".join(part["text"] for item in items for part in item.get("content", ()))


def _gemini(row: dict[str, Any]) -> str:
    parts = [p for c in row.get("candidates", ()) for p in c.get("content", {}).get("parts", ())]
    return "".join(part.get("text", "") for part in parts)


_TEXTS = {"chat": _chat, "messages": _messages, "responses": _responses, "gemini": _gemini}


def _ends_well(client: str, body: bytes) -> bool:
    """Whether the stream has any mark of a normal end."""
    marks = {
        "chat": (b"[DONE]", b'"finish_reason":"'),
        "messages": (b"message_stop", b'"stop_reason":"'),
        "responses": (b"response.completed", b"response.incomplete"),
        "gemini": (b'"finishReason"',),
    }
    return any(mark in body for mark in marks[client])


def _error(client: str, reply: Reply, *, stream: bool) -> dict[str, Any]:
    """The error in the client's dialect: the body, or the last event of a stream."""
    last = _rows(reply)[-1] if stream else reply.json
    if client == "messages":
        assert last["type"] == "error"
        assert isinstance(last["error"]["type"], str)
    if client == "gemini":
        assert isinstance(last["error"]["code"], int) and last["error"]["status"]
    if client == "responses" and stream:
        assert last["type"] in {"error", "response.failed"}
        return dict(last if last["type"] == "error" else last["response"]["error"])
    assert last["error"]["message"]
    return dict(last["error"])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("fault", BEFORE)
@pytest.mark.parametrize(("client", "first", "second"), TRIPLES)
def test_the_next_provider_answers(
    stage: World, client: str, first: str, second: str, fault: str, stream: bool
) -> None:
    stage.providers[first].always(**BEFORE[fault])
    reply = _ask(stage, client, f"{first}-then-{second}", stream=stream)
    assert (reply.status, reply.whole) == (200, True), reply.body
    assert _said(client, reply, stream=stream) == TEXT
    assert not stream or _ends_well(client, reply.body)
    counts = stage.counts()
    assert counts[second] == 1 and 1 <= counts[first] <= 2 and len(counts) == 2
    assert stage.keys_are_kept()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("client", "first", "second"), TRIPLES)
def test_nobody_listens(client: str, first: str, second: str, stream: bool, lonely: World) -> None:
    reply = _ask(lonely, client, f"{first}-then-{second}", stream=stream)
    assert reply.status == 503
    assert _error(client, reply, stream=False)


@pytest.fixture(scope="module")
def lonely() -> Iterator[World]:
    """Nobody listens where the providers should be."""
    with world(listener=LIMITS, alive=False) as made:
        yield made


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("fault", BEFORE)
@pytest.mark.parametrize(("client", "first", "second"), TRIPLES)
def test_without_another_provider_the_client_is_told(
    stage: World, client: str, first: str, second: str, fault: str, stream: bool
) -> None:
    stage.providers[first].always(**BEFORE[fault])
    reply = _ask(stage, client, first, stream=stream)
    assert reply.status >= 400 and reply.whole
    assert reply.headers["content-type"] == "application/json"
    assert _error(client, reply, stream=False)
    assert stage.counts().keys() == {first} and stage.keys_are_kept()
    assert not any(name.startswith("x-plano-internal") for name in reply.headers)
    if fault.startswith("429"):
        assert reply.status == 429 and reply.headers.get("retry-after") == (
            "30" if fault == "429-retry-after" else None
        )


MIDDLE: dict[str, dict[str, Any]] = {
    "cut": {"fault": "fin_mid"},
    "reset": {"fault": "reset_mid"},
    "stalled": {"fault": "hang_mid"},
}
"""Faults after the first word: nobody else can be asked, what was said stays, and the end is an error."""


@pytest.mark.parametrize("fault", MIDDLE)
@pytest.mark.parametrize(("client", "first", "second"), TRIPLES)
def test_a_cut_stream_ends_with_an_error(stage: World, client: str, first: str, second: str, fault: str) -> None:
    stage.providers[first].always(**MIDDLE[fault], cut=_after_second_word(first), chunk=-1)
    reply = _ask(stage, client, f"{first}-then-{second}", stream=True)
    said = _said(client, reply, stream=True)
    assert said and TEXT.startswith(said) and said != TEXT
    assert (reply.status, reply.whole) == (200, True)
    assert not _ends_well(client, reply.body)
    assert _error(client, reply, stream=True)
    assert stage.counts() == {first: 1} and stage.keys_are_kept()


def _after_second_word(dialect: str) -> int:
    """How many bytes of a stream it takes."""
    data = speak(dialect, Meant("end"), streamed=True)
    word = json.dumps(WORDS[1]).encode()
    return data.index(word) + len(word) + (40 if dialect != "converse" else 60)


@pytest.mark.parametrize(("client", "first", "second"), TRIPLES)
def test_a_whole_answer_cut_in_the_middle_was_never_begun(stage: World, client: str, first: str, second: str) -> None:
    stage.providers[first].always(fault="reset_mid", cut=60)
    reply = _ask(stage, client, f"{first}-then-{second}", stream=False)
    assert (reply.status, _said(client, reply, stream=False)) == (200, TEXT)
    assert stage.counts()[second] == 1
