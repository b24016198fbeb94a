"""A whole answer for a client: the deltas of its stream put together.

In: an `Answer`. Out: a chat.completion object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ext_proc.chat.answer import Answer, Choice, Event, Stopped
from ext_proc.chat.dialect import Saying
from ext_proc.chat.whole import replay
from ext_proc.dialects.openai_chat.calls_out import Delta
from ext_proc.dialects.openai_chat.choice_said import ChoiceSaid
from ext_proc.dialects.openai_chat.stops import write_stop
from ext_proc.dialects.openai_chat.tools_in import is_legacy
from ext_proc.dialects.openai_chat.usage import write_usage

_TIERS = {"standard": "default"}
_COUNTED = frozenset({"tool_calls", "annotations"})
"""Lists whose entries do not say their place in whole answers."""


def encode_answer(answer: Answer, saying: Saying) -> dict[str, Any]:
    head = head_of(answer.id, answer.model, "chat.completion", saying) | rest_of(answer.rest)
    head["choices"] = [_choice(choice, number, saying) for number, choice in enumerate(answer.choices)]
    if answer.usage is not None:
        head["usage"] = write_usage(answer.usage)
    return head


def head_of(id: str, model: str, kind: str, saying: Saying) -> dict[str, Any]:
    """What every object of an answer begins with. A model's name is never empty."""
    return {
        "id": id if id.startswith("chatcmpl") else f"chatcmpl-{saying.id}",
        "object": kind,
        "created": saying.created_s,
        "model": saying.model or model or "unknown",
    }


def rest_of(rest: Mapping[str, Any]) -> dict[str, Any]:
    tier, fingerprint = rest.get("service_tier"), rest.get("system_fingerprint")
    written: dict[str, Any] = {}
    if isinstance(tier, str):
        written["service_tier"] = _TIERS.get(tier, tier)
    if isinstance(fingerprint, str):
        written["system_fingerprint"] = fingerprint
    return written


def stop_of(stopped: Stopped, said: ChoiceSaid, saying: Saying) -> str:
    return write_stop(stopped.stop, refused=said.refused, legacy=is_legacy(saying.request.tools))


def _choice(choice: Choice, number: int, saying: Saying) -> dict[str, Any]:
    said = ChoiceSaid(saying, number)
    events = list(replay(Answer(id="", model="", choices=(choice,))))
    message = _message(events, said)
    stop = stop_of(Stopped(stop=choice.stop), said, saying)
    scores = None if choice.logprobs is None else {"content": None, "refusal": None, **choice.logprobs}
    return {"index": number, "message": message, "logprobs": scores, "finish_reason": stop}


def _message(events: Iterable[Event], said: ChoiceSaid) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    for event in events:
        for delta in said.take(event):
            _join(message, delta)
    for name in _COUNTED & message.keys():
        message[name] = [{key: value for key, value in entry.items() if key != "index"} for entry in message[name]]
    return message


def _join(message: dict[str, Any], delta: Delta) -> None:
    for name, value in delta.items():
        known = message.get(name)
        match known, value:
            case str(), str() if name not in ("id", "type"):
                message[name] = known + value
            case dict(), dict():
                _join(known, value)
            case list(), list():
                _join_entries(known, value)
            case _:
                message[name] = _copied(value)


def _join_entries(known: list[dict[str, Any]], entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        found = next((each for each in known if each["index"] == entry["index"]), None)
        if found is None:
            known.append(_copied(entry))
        else:
            _join(found, entry)


def _copied(value: Any) -> Any:  # noqa: ANN401
    """What grows here must not grow where it came from."""
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value
