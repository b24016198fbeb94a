"""The official SDKs as judges: they parse every answer that passes through, and list what is configured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import anthropic
import openai
import pytest

from e2e.fake import Provider, recordings
from e2e.harness import Gateway, free_port

SAY_HELLO = [{"role": "user", "content": "Hello!"}]
WEATHER = {"type": "object", "properties": {"location": {"type": "string"}}}


class World(NamedTuple):
    provider: Provider
    openai: openai.OpenAI
    anthropic: anthropic.Anthropic


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    port = free_port()
    with Provider() as provider:
        yaml = f"""
version: v0.4.0
listeners:
  - {{type: model, name: llm, address: 127.0.0.1, port: {port}}}
model_providers:
  - {{model: openai/gpt-4o, access_key: $KEY, base_url: "{provider.url}", default: true}}
  - {{model: anthropic/claude-sonnet-4-6, access_key: $KEY, base_url: "{provider.url}"}}
  - {{model: vllm/bge-reranker, base_url: "{provider.url}"}}
model_aliases:
  fast: {{target: gpt-4o}}
"""
        url = f"http://127.0.0.1:{port}"
        with (
            Gateway(yaml, {"KEY": "sk-test"}),
            openai.OpenAI(api_key="ignored", base_url=f"{url}/v1", max_retries=0) as o,
            anthropic.Anthropic(api_key="ignored", base_url=url, max_retries=0) as a,
        ):
            yield World(provider, o, a)


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.provider.reset()


def test_chat(world: World) -> None:
    answer = world.openai.chat.completions.create(model="gpt-4o", messages=SAY_HELLO)
    assert (answer.choices[0].message.content or "").startswith("Hi there!")
    assert answer.usage and answer.usage.total_tokens == 385


def test_chat_stream(world: World) -> None:
    world.provider.next(recording="completions--stream")
    with world.openai.chat.completions.create(model="fast", messages=SAY_HELLO, stream=True) as stream:
        text = "".join(c.choices[0].delta.content or "" for c in stream if c.choices)
    assert text.startswith("Hi")


def test_chat_stream_with_usage(world: World) -> None:
    options = {"include_usage": True}
    stream = world.openai.chat.completions.create(model="fast", messages=SAY_HELLO, stream=True, stream_options=options)
    usage = [c.usage for c in stream if c.usage]
    assert [(u.prompt_tokens, u.completion_tokens) for u in usage] == [(12, 100)]


@pytest.mark.parametrize(
    ("recording", "names"),
    [
        ("chat-tools", ["get_current_weather"]),
        ("completions--tool_call", ["get_weather", "search_web"]),
    ],
)
def test_chat_tools(world: World, recording: str, names: list[str]) -> None:
    world.provider.next(recording=recording)
    answer = world.openai.chat.completions.create(model="gpt-4o", messages=SAY_HELLO)
    calls = answer.choices[0].message.tool_calls or []
    assert [getattr(c, "function").name for c in calls][: len(names)] == names  # noqa: B009


def test_completions_stream(world: World) -> None:
    stream = world.openai.completions.create(model="gpt-4o", prompt="say", stream=True)
    assert "".join(c.choices[0].text for c in stream if c.choices)


def test_embeddings(world: World) -> None:
    answer = world.openai.embeddings.create(model="gpt-4o", input="text")
    assert len(answer.data[0].embedding) > 100


def test_responses(world: World) -> None:
    answer = world.openai.responses.create(model="gpt-4o", input="hi")
    assert answer.status == "completed" and answer.output_text


def test_responses_tool(world: World) -> None:
    world.provider.next(recording="responses--tool")
    answer = world.openai.responses.create(model="gpt-4o", input="hi")
    assert [item.type for item in answer.output] == ["message", "function_call"]


def test_responses_stream(world: World) -> None:
    kinds = [event.type for event in world.openai.responses.create(model="gpt-4o", input="hi", stream=True)]
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")


def test_images(world: World) -> None:
    assert (world.openai.images.generate(model="gpt-4o", prompt="x").data or [])[0].b64_json == "aW1n"


def test_moderations(world: World) -> None:
    assert not world.openai.moderations.create(model="gpt-4o", input="x").results[0].flagged


def test_speech(world: World) -> None:
    spoken = world.openai.audio.speech.create(model="gpt-4o", input="x", voice="alloy")
    assert spoken.content == bytes(range(256)) * 8


def test_transcription_upload(world: World) -> None:
    """Multipart: the model is a form field, the file must arrive as it is."""
    sound = bytes(range(256)) * 400 + b'\r\nname="model"\r\n\r\nnot-this\r\n'
    text = world.openai.audio.transcriptions.create(model="fast", file=("a.wav", sound)).text
    assert text == "spoken words"
    assert sound in world.provider.last.body
    assert b'name="model"\r\n\r\ngpt-4o\r\n' in world.provider.last.body


def test_messages(world: World) -> None:
    answer = world.anthropic.messages.create(model="claude-sonnet-4-6", max_tokens=99, messages=SAY_HELLO)
    assert answer.content[0].type == "text" and answer.usage.output_tokens == 21
    assert world.provider.last.header("x-api-key") == "sk-test"


def test_messages_tool(world: World) -> None:
    tools = [{"name": "get_weather", "input_schema": WEATHER}]
    answer = world.anthropic.messages.create(model="claude-sonnet-4-6", max_tokens=99, messages=SAY_HELLO, tools=tools)
    assert [block.type for block in answer.content] == ["text", "tool_use"]


@pytest.mark.parametrize(
    ("recording", "kinds"),
    [
        ("anthropic--stream_basic", ["text"]),
        ("anthropic--stream_thinking", ["thinking", "text"]),
        ("anthropic--stream_tool", ["tool_use"]),
    ],
)
def test_messages_stream(world: World, recording: str, kinds: list[str]) -> None:
    world.provider.next(recording=recording, chunk=11)
    with world.anthropic.messages.stream(model="claude-sonnet-4-6", max_tokens=99, messages=SAY_HELLO) as stream:
        message = stream.get_final_message()
    assert [block.type for block in message.content] == kinds
    assert message.stop_reason


def test_rerank(world: World) -> None:
    answer = world.openai.post("/rerank", body={"model": "bge-reranker", "query": "q"}, cast_to=object)
    assert isinstance(answer, dict) and answer["results"]


def test_openai_lists_models(world: World) -> None:
    ids = [model.id for model in world.openai.models.list()]
    assert {"openai/gpt-4o", "anthropic/claude-sonnet-4-6", "fast"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_anthropic_lists_models(world: World) -> None:
    assert "fast" in [model.id for model in world.anthropic.models.list()]


def test_listed_models_work(world: World) -> None:
    """Every id that the list shows is one that a client may send."""
    for model in [m.id for m in world.openai.models.list()]:
        if "claude" in model:
            world.anthropic.messages.create(model=model, max_tokens=9, messages=SAY_HELLO)
        else:
            world.openai.chat.completions.create(model=model, messages=SAY_HELLO)


def test_provider_errors_pass(world: World) -> None:
    """An error of the provider is the provider's: same bytes, same exception as without a gateway."""
    world.provider.next(recording="chat-unknown-model")
    with pytest.raises(openai.NotFoundError) as caught:
        world.openai.chat.completions.create(model="gpt-4o", messages=SAY_HELLO)
    assert caught.value.response.content == recordings()["chat-unknown-model"].body
