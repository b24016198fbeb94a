"""Bodies and streams that are almost what they should be: the one error of their side, and no other."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.chat.answer import Ended, Failed
from ext_proc.chat.dialect import Asked, Model
from ext_proc.chat.errors import Garbled, Malformed, Unable
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.anthropic_messages import CLIENT, PROVIDER
from ext_proc.dialects.anthropic_messages.tests.bodies import BODIES
from ext_proc.dialects.anthropic_messages.tests.test_answers import FULL, SAYING
from ext_proc.dialects.anthropic_messages.tests.test_streams import STREAMS, decode, encode
from ext_proc.dialects.anthropic_messages.words import ADAPTIVE

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


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in items:
        found += places(each, (*path, name))
    return found


def mutated(data: st.DataObject, body: dict[str, Any]) -> dict[str, Any]:
    """Up to three members replaced by something odd, or taken away."""
    changed = copy.deepcopy(body)
    for path in data.draw(st.lists(st.sampled_from(places(body)), min_size=1, max_size=3)):
        around: Any = changed
        for name in path[:-1]:
            try:
                around = around[name]
            except (KeyError, IndexError, TypeError):
                break
        else:
            last = path[-1]
            if isinstance(around, dict) and data.draw(st.booleans()):
                around.pop(last, None)
            elif isinstance(around, dict) or (
                isinstance(around, list) and isinstance(last, int) and last < len(around)
            ):
                around[last] = data.draw(ODD)
    return changed


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(sorted(BODIES)), st.sampled_from(["", ADAPTIVE]))
def test_requests(data: st.DataObject, name: str, family: str) -> None:
    body = mutated(data, BODIES[name])
    with suppress(Malformed, Unable):
        request = CLIENT.decode_request(body, Asked(path="/v1/messages"))
        PROVIDER.encode_request(request, Model(id="m", family=family))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_answers(data: st.DataObject) -> None:
    body = mutated(data, FULL)
    with suppress(Garbled, AnswerFailed):
        CLIENT.encode_answer(PROVIDER.decode_answer(body), SAYING)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_streams(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(STREAMS)).read_bytes().split(b"\n")
    number = data.draw(st.sampled_from([n for n, line in enumerate(lines) if line.startswith(b"data: {")]))
    changed = mutated(data, json.loads(lines[number][6:]))
    try:
        lines[number] = b"data: " + dumps(changed)
    except (ValueError, RecursionError):
        lines[number] = b"data: " + lines[number][6:].replace(b"{", b"{" * data.draw(st.integers(2, 5000)))
    events = decode(b"\n".join(lines))
    assert isinstance(events[-1], Ended | Failed)
    assert encode(events)


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_bytes(chunks: list[bytes]) -> None:
    events = decode(*chunks)
    assert isinstance(events[-1], Ended | Failed)
