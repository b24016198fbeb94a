"""Answers and streams that are almost what they should be: the one error of their side, and no other."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.chat.answer import Ended, Failed
from ext_proc.chat.errors import Garbled
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.bedrock_converse import PROVIDER
from ext_proc.dialects.bedrock_converse.tests.frames import message
from ext_proc.dialects.bedrock_converse.tests.test_streams import FULL, decode
from ext_proc.framing.aws_event_stream import Message, MessageReader

DEEP: Any = []
for _ in range(3000):
    DEEP = [DEEP]
ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        1e308,
        float("inf"),
        float("nan"),
        10**400,
        "",
        "text",
        "\ud800",
        [],
        {},
        [{}],
        {"a": DEEP},
    ]
)
FRAMES = list(MessageReader(1 << 20).feed(FULL))
ANSWER = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"text": "hi"},
                {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
                {"reasoningContent": {"redactedContent": "aGlk"}},
                {
                    "citationsContent": {
                        "content": [{"text": "yes"}],
                        "citations": [{"title": "A", "location": {"web": {"url": "https://a.example"}}}],
                    }
                },
                {"image": {"format": "png", "source": {"bytes": "iVBO"}}},
                {"toolUse": {"toolUseId": "t", "name": "weather", "input": {"city": "Bern"}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "cacheDetails": [{"ttl": "1h", "inputTokens": 1}]},
    "serviceTier": {"type": "default"},
    "additionalModelResponseFields": {"stop_sequence": "END"},
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in items:
        found += places(each, (*path, name))
    return found


def mutated(data: st.DataObject, body: dict[str, Any]) -> dict[str, Any]:
    """One member replaced by something odd, or taken away."""
    changed = copy.deepcopy(body)
    path = data.draw(st.sampled_from(places(body)))
    around: Any = changed
    for name in path[:-1]:
        around = around[name]
    if data.draw(st.booleans()):
        del around[path[-1]]
    else:
        around[path[-1]] = data.draw(ODD)
    return changed


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_answers(data: st.DataObject) -> None:
    with suppress(Garbled, AnswerFailed):
        PROVIDER.decode_answer(mutated(data, ANSWER))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_streams(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(FRAMES) - 1))
    body = json.loads(FRAMES[number].payload)
    try:
        payload = json.dumps(mutated(data, body)).encode()
    except RecursionError:
        payload = b'{"a":' * 5000
    written = [_again(frame) for frame in FRAMES]
    written[number] = _again(Message(FRAMES[number].headers, payload))
    assert isinstance(decode(*written)[-1], Ended | Failed)


def _again(frame: Message) -> bytes:
    return message({name: str(value) for name, value in frame.headers.items()}, frame.payload)


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_bytes(chunks: list[bytes]) -> None:
    assert isinstance(decode(*chunks)[-1], Failed)
