"""A provider's stream with every kind of item, written after the API reference, and the same answer whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

Told = dict[str, Any]

SCORE = {"token": "Sun", "logprob": -0.1, "bytes": [83], "top_logprobs": []}
NOTE = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 3}
THOUGHT: Told = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "Look."}, {"type": "summary_text", "text": "Then say."}],
    "encrypted_content": "c2VjcmV0",
}
HIDDEN: Told = {"id": "rs_2", "type": "reasoning", "summary": [], "encrypted_content": "b3RoZXI"}
SEARCH: Told = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search"}}
WORDS: Told = {
    "id": "msg_1",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "content": [
        {"type": "output_text", "text": "Sunny ☀", "annotations": [NOTE], "logprobs": [SCORE]},
        {"type": "refusal", "refusal": "No more."},
    ],
}
CALL: Told = {
    "id": "fc_1",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "weather",
    "arguments": '{"city":"Bern"}',
}
PATCH: Told = {
    "id": "ctc_1",
    "type": "custom_tool_call",
    "call_id": "call_2",
    "name": "apply_patch",
    "input": "*** Begin",
}
OUTPUT = [THOUGHT, HIDDEN, SEARCH, WORDS, CALL, PATCH]
USAGE: Told = {
    "input_tokens": 30,
    "input_tokens_details": {"cached_tokens": 10, "cache_write_tokens": 4},
    "output_tokens": 20,
    "output_tokens_details": {"reasoning_tokens": 8},
    "total_tokens": 50,
}
RESPONSE: Told = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1_741_476_542.0,
    "status": "completed",
    "model": "gpt-5.1",
    "service_tier": "default",
    "output": OUTPUT,
    "usage": USAGE,
}
BEGUN: Told = RESPONSE | {"status": "in_progress", "output": [], "usage": None}


def created() -> list[Told]:
    return [{"type": f"response.{name}", "response": BEGUN} for name in ("created", "queued", "in_progress")]


def ended(**members: Any) -> Told:
    response = RESPONSE | members
    return {"type": f"response.{response['status']}", "response": response}


def added(index: int, item: Told) -> Told:
    empty: Told = {"summary": []} if "summary" in item else {"content": []} if "content" in item else {}
    for name in ("arguments", "input"):
        if name in item:
            empty[name] = ""
    begun = {name: value for name, value in item.items() if name != "encrypted_content"} | empty
    return {"type": "response.output_item.added", "output_index": index, "item": begun | {"status": "in_progress"}}


def done(index: int, item: Told) -> Told:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def thought(index: int, item: Told) -> list[Told]:
    events = [added(index, item)]
    for number, part in enumerate(item["summary"]):
        place = {"item_id": item["id"], "output_index": index, "summary_index": number}
        events += [
            {"type": "response.reasoning_summary_part.added", **place, "part": part | {"text": ""}},
            *(
                {"type": "response.reasoning_summary_text.delta", **place, "delta": each}
                for each in pieces(part["text"])
            ),
            {"type": "response.reasoning_summary_text.done", **place, "text": part["text"]},
            {"type": "response.reasoning_summary_part.done", **place, "part": part},
        ]
    return [*events, done(index, item)]


def message(index: int, item: Told) -> list[Told]:
    events = [added(index, item)]
    for number, part in enumerate(item["content"]):
        place = {"item_id": item["id"], "output_index": index, "content_index": number}
        name, family = ("text", "output_text") if "text" in part else ("refusal", "refusal")
        events.append({"type": "response.content_part.added", **place, "part": part | {name: ""}})
        for order, each in enumerate(pieces(part[name])):
            scores = {"logprobs": part.get("logprobs", []) if order == 0 else []}
            events.append({"type": f"response.{family}.delta", **place, "delta": each, **scores, "obfuscation": "x"})
        for order, note in enumerate(part.get("annotations", ())):
            kind = "response.output_text.annotation.added"
            events.append({"type": kind, **place, "annotation_index": order, "annotation": note})
        events.append({"type": f"response.{family}.done", **place, name: part[name]})
        events.append({"type": "response.content_part.done", **place, "part": part})
    return [*events, done(index, item)]


def call(index: int, item: Told) -> list[Told]:
    custom = "input" in item
    family, name = ("custom_tool_call_input", "input") if custom else ("function_call_arguments", "arguments")
    place = {"item_id": item["id"], "output_index": index}
    deltas = [{"type": f"response.{family}.delta", **place, "delta": each} for each in pieces(item[name])]
    return [
        added(index, item),
        *deltas,
        {"type": f"response.{family}.done", **place, name: item[name]},
        done(index, item),
    ]


def search(index: int, item: Told) -> list[Told]:
    place = {"item_id": item["id"], "output_index": index}
    states = [{"type": f"response.web_search_call.{state}", **place} for state in ("in_progress", "searching")]
    return [added(index, item), *states, done(index, item)]


def pieces(text: str) -> list[str]:
    return [text[start : start + 3] for start in range(0, len(text), 3)]


FULL = [
    *created(),
    *thought(0, THOUGHT),
    *thought(1, HIDDEN),
    *search(2, SEARCH),
    *message(3, WORDS),
    *call(4, CALL),
    *call(5, PATCH),
    ended(),
]


def stream(events: Iterable[Told], line_end: str = "\n") -> bytes:
    lines = []
    for number, event in enumerate(events):
        data = json.dumps({**event, "sequence_number": number}, ensure_ascii=False)
        lines.append(f"event: {event['type']}{line_end}data: {data}{line_end}{line_end}")
    return "".join(lines).encode()
