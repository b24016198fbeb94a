"""What a client is told of a translation: what was left out, what cannot be carried, what was counted; long ones."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.client import CHAT, MESSAGES, RESPONSES, RawConnection, call
from e2e.polyglot.meant import CACHED, INPUT, OUTPUT, REASONING, TEXT, Meant
from e2e.polyglot.provider import speak
from e2e.translating import CLIENTS, MODELS, NAMES, World, body_of, path_of, sent, translates, world

PAIRS = [(client, provider) for client in CLIENTS for provider in MODELS if translates(client, provider)]
both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    with world(token_usage=True) as made:
        yield made


@pytest.fixture
def stage(running: World) -> World:
    running.reset()
    return running


@both
@pytest.mark.parametrize(("client", "provider"), PAIRS)
def test_headers_name_the_dialect_and_nothing_more(stage: World, client: str, provider: str, stream: bool) -> None:
    reply = call(stage.port, path_of(client, provider, stream=stream), body_of(client, provider, stream=stream))
    assert (reply.status, reply.headers["x-plano-translated"]) == (200, NAMES[provider])
    assert reply.headers["content-type"] == ("text/event-stream" if stream else "application/json")
    assert {name for name in reply.headers if name.startswith("x-plano")} == {"x-plano-translated"}
    assert reply.headers["x-request-id"]


@pytest.mark.parametrize(("client", "provider"), [("chat", "chat"), ("messages", "messages"), ("chat", "gemini")])
def test_what_is_not_translated_says_nothing(stage: World, client: str, provider: str) -> None:
    reply = call(stage.port, path_of(client, provider), body_of(client, provider))
    assert reply.status == 200 and not [name for name in reply.headers if name.startswith("x-plano")]


@both
@pytest.mark.parametrize(("client", "provider"), PAIRS)
def test_tokens_of_a_translation_are_in_both_logs(stage: World, client: str, provider: str, stream: bool) -> None:
    reply = call(stage.port, path_of(client, provider, stream=stream), body_of(client, provider, stream=stream))
    line = _translated(stage, reply.headers["x-request-id"])
    assert (line["input_tokens"], line["cached_tokens"], line["output_tokens"]) == (INPUT, CACHED, OUTPUT)
    assert line.get("reasoning_tokens") == (None if provider == "converse" else REASONING)
    assert (line["client"], line["dialect"], line["status"]) == (NAMES[client], NAMES[provider], 200)


def _translated(stage: World, request_id: str) -> dict[str, Any]:
    """The sidecar's line about an attempt; it comes a moment after the answer."""
    for _ in range(200):
        for text in stage.gateway.sidecar_log().splitlines():
            if '"translated"' in text and request_id in text:
                found: dict[str, Any] = json.loads(text)
                return found
        threading.Event().wait(0.02)
    raise AssertionError("no line")


DROPPED: list[Any] = [
    ("chat", "messages", {"seed": 7, "frequency_penalty": 0.5}, {"seed", "frequency_penalty"}),
    ("chat", "converse", {"seed": 7, "logit_bias": {"5": 1}}, {"seed", "logit_bias"}),
    ("messages", "chat", {"top_k": 3}, {"top_k"}),
    ("messages", "responses", {"top_k": 3, "stop_sequences": ["x"]}, {"top_k", "stop_sequences"}),
    ("responses", "messages", {"top_logprobs": 3, "made_up": 1}, {"top_logprobs", "made_up"}),
    ("gemini", "chat", {"safetySettings": [], "generationConfig": {"topK": 4}}, {"generationConfig.topK"}),
]


@both
@pytest.mark.parametrize(("client", "provider", "more", "dropped"), DROPPED)
def test_what_was_left_out_is_named(
    stage: World, client: str, provider: str, more: dict[str, Any], dropped: set[str], stream: bool
) -> None:
    body = body_of(client, provider, stream=stream, **more)
    reply = call(stage.port, path_of(client, provider, stream=stream), body)
    assert reply.status == 200, reply.body
    assert dropped <= set(reply.headers["x-plano-dropped"].split(","))
    assert not any(name in stage.providers[provider].last.body.decode() for name in more)


SOUND = {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}
IMAGE = {"type": "image", "source": {"type": "file", "file_id": "file_1"}}
CANNOT: list[Any] = [
    (CHAT, {"messages": [{"role": "user", "content": [SOUND]}]}, "messages", "messages[0].content[0]"),
    (MESSAGES, {"messages": [{"role": "user", "content": [IMAGE]}], "max_tokens": 9}, "chat", "messages[0].content[0]"),
    (RESPONSES, {"input": "x", "previous_response_id": "resp_0"}, "messages", "previous_response_id"),
    (CHAT, {"messages": [{"role": "user", "content": "x"}], "n": 3}, "messages", "n"),
]


@pytest.mark.parametrize(("path", "body", "provider", "at"), CANNOT)
def test_content_that_cannot_be_carried_is_refused_at_its_address(
    stage: World, path: str, body: dict[str, Any], provider: str, at: str
) -> None:
    reply = call(stage.port, path, {"model": provider, **body})
    assert (reply.status, stage.counts()) == (422, {})
    assert at in reply.error["message"] and reply.error["type"] == "invalid_request_error"


def test_content_that_cannot_be_carried_goes_to_who_takes_it(stage: World) -> None:
    body = {"model": "messages-then-chat", "messages": [{"role": "user", "content": [SOUND]}]}
    reply = call(stage.port, CHAT, body)
    assert reply.status in {200, 422}
    assert stage.counts() == ({"chat": 1} if reply.status == 200 else {})


GEMINI_FAULTS: list[Any] = [
    ("nobody-has-it", {"contents": []}, 404, "NOT_FOUND", "model_not_found"),
    ("messages", b'{"contents": [', 400, "INVALID_ARGUMENT", "invalid_json"),
]


@pytest.mark.parametrize(("model", "body", "code", "status", "reason"), GEMINI_FAULTS)
def test_our_own_errors_are_googles_for_googles_clients(
    stage: World, model: str, body: Any, code: int, status: str, reason: str
) -> None:
    reply = call(stage.port, path_of("gemini", model), body)
    assert (reply.status, reply.error["code"], reply.error["status"]) == (code, code, status)
    assert reply.error["details"][0]["reason"] == reason and reply.error["message"]
    assert reply.json["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize(
    "body", [{"messages": "x"}, {"messages": [{"role": 7}]}, {"messages": [], "temperature": "hot"}]
)
def test_what_no_dialect_allows_is_a_bad_request(stage: World, body: dict[str, Any]) -> None:
    reply = call(stage.port, CHAT, {"model": "messages", **body})
    assert (reply.status, stage.counts()) == (400, {})
    assert reply.error["message"]


@pytest.mark.parametrize("wanted", [True, False, None])
@pytest.mark.parametrize("provider", ["messages", "responses", "converse"])
def test_chat_clients_get_the_count_of_a_stream_if_they_want_it(
    stage: World, provider: str, wanted: bool | None
) -> None:
    more: dict[str, Any] = {} if wanted is None else {"stream_options": {"include_usage": wanted}}
    reply = call(stage.port, CHAT, body_of("chat", provider, stream=True, **more))
    rows = [json.loads(line[6:]) for line in reply.body.decode().splitlines() if line.startswith("data: {")]
    counted = [row for row in rows if row.get("usage")]
    assert len(counted) == (1 if wanted else 0)
    assert all(row["choices"] for row in rows if row not in counted)
    if wanted:
        assert (counted[0]["choices"], counted[0]["usage"]["prompt_tokens"]) == ([], INPUT)
        assert rows[-1] == counted[0]
    assert reply.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("client", ["messages", "responses", "gemini"])
def test_providers_of_chat_are_always_asked_to_count(stage: World, client: str) -> None:
    call(stage.port, path_of(client, "chat", stream=True), body_of(client, "chat", stream=True))
    assert sent(stage.providers["chat"].last)["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
@pytest.mark.parametrize(("client", "provider"), [("chat", "messages"), ("messages", "chat"), ("gemini", "responses")])
def test_a_client_that_leaves_stops_the_provider(stage: World, client: str, provider: str, reset: bool) -> None:
    fake = stage.providers[provider]
    fake.always(chunk=-1, gap_ms=300)
    body, path = body_of(client, provider, stream=True), path_of(client, provider, stream=True)
    connection = RawConnection(stage.port, body, path)
    while b"It is " not in connection.read_some():
        pass
    connection.leave(reset=reset)
    assert fake.wait(lambda: fake.last.gone is not None, 10)
    assert fake.last.done is None


def test_a_client_that_leaves_before_the_first_word_stops_the_provider(stage: World) -> None:
    fake = stage.providers["messages"]
    fake.always(fault="hang")
    connection = RawConnection(stage.port, body_of("chat", "messages", stream=True))
    assert fake.wait(lambda: len(fake.seen) == 1, 10)
    connection.leave(reset=False)
    assert fake.wait(lambda: fake.last.gone is not None, 10)


PIXELS = "iVBORw0KGgo" + "A" * 20_000_001
IMAGES: dict[str, dict[str, Any]] = {
    "chat": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXELS}"}},
    "responses": {"type": "input_image", "image_url": f"data:image/png;base64,{PIXELS}"},
    "gemini": {"inlineData": {"mimeType": "image/png", "data": PIXELS}},
}


@pytest.mark.parametrize(
    ("client", "provider"), [("chat", "messages"), ("responses", "gemini"), ("gemini", "converse")]
)
def test_a_body_of_20_megabytes(stage: World, client: str, provider: str) -> None:
    said = {"role": "user", "content": [IMAGES[client]]}
    turns: dict[str, dict[str, Any]] = {
        "chat": {"messages": [said]},
        "responses": {"input": [said]},
        "gemini": {"contents": [{"role": "user", "parts": [IMAGES[client]]}]},
    }
    reply = call(stage.port, path_of(client, provider), body_of(client, provider) | turns[client], timeout_s=60)
    assert reply.status == 200, reply.body[:300]
    assert PIXELS in stage.providers[provider].last.body.decode()


@pytest.mark.parametrize("provider", ["chat", "messages"])
def test_a_stream_of_5000_events(stage: World, provider: str) -> None:
    word = json.dumps("It is ").encode()
    whole = speak(provider, Meant("end"), streamed=True)
    (event,) = [each + b"\n\n" for each in whole.split(b"\n\n") if word in each]
    fake = stage.providers[provider]
    fake.next(body=whole.replace(event, event * 5000), headers={"content-type": "text/event-stream"}, chunk=10_000)
    reply = call(stage.port, RESPONSES, body_of("responses", provider, stream=True))
    last = json.loads(reply.body.split(b"data: ")[-1])
    assert (reply.status, last["type"]) == (200, "response.completed")
    assert last["response"]["output"][0]["content"][0]["text"] == "It is " * 5000 + TEXT.removeprefix("It is ")


@pytest.mark.parametrize(
    ("client", "provider"), [pair for pair in PAIRS if pair[1] in {"chat", "messages", "responses"}]
)
def test_events_nobody_knows_are_skipped(stage: World, client: str, provider: str) -> None:
    whole = speak(provider, Meant("end"), streamed=True)
    strange = b': a comment\n\nevent: response.of_the_future\ndata: {"type":"response.of_the_future","object":"x"}\n\n'
    body = strange + whole.replace(b"\n\n", b"\n\n" + strange, 2)
    fake = stage.providers[provider]
    fake.next(body=body, headers={"content-type": "text/event-stream; charset=utf-8"}, chunk=11)
    reply = call(stage.port, path_of(client, provider, stream=True), body_of(client, provider, stream=True))
    assert (reply.status, reply.whole) == (200, True)
    assert (
        b"of_the_future" not in reply.body
        and "Zürich" in reply.body.decode("unicode_escape", "replace") + reply.body.decode()
    )


def test_words_come_as_they_are_said(stage: World) -> None:
    """The first word is at the client while the provider still waits to say the second."""
    fake = stage.providers["messages"]
    cut = speak("messages", Meant("end"), streamed=True).index(b"Z\\u00fcrich")
    fake.always(fault="hang_mid", cut=cut, chunk=-1)
    connection = RawConnection(stage.port, body_of("chat", "messages", stream=True))
    connection.socket.settimeout(10)
    received = b""
    while b"It is " not in received:
        part = connection.read_some()
        assert part, received
        received += part
    connection.socket.shutdown(socket.SHUT_RDWR)
    connection.leave(reset=False)
