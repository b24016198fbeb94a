"""What one event, or one whole body, of an agent's answer says, in each dialect.

In: parsed JSON. Out: `Heard`. Raises AnswerError where the agent says that it failed, or where what it says is none of
the dialect. Calls of tools, thoughts and other content that is no text are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ext_proc.agents.failures import AnswerError, Reason
from ext_proc.agents.usage import Usage, read_usage
from ext_proc.conversation import Dialect
from ext_proc.conversation.text import texts

Plain = Mapping[str, object]
_NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Heard:
    """`ended`: the answer is whole. `closed`: nothing more is to come. `repeated`: all the text once more."""

    text: str = ""
    usage: Usage = _NOTHING
    ended: bool = False
    closed: bool = False
    repeated: str = ""


CLOSED = Heard(ended=True, closed=True)


def event(dialect: Dialect, name: str, plain: Plain) -> Heard:
    """What an event of a stream says."""
    if name == "error" or _says_error(plain):
        raise AnswerError(Reason.SAID_ERROR)
    return _EVENT[dialect](plain)


def body(dialect: Dialect, plain: Plain) -> Heard:
    """What a whole answer says."""
    if _says_error(plain):
        raise AnswerError(Reason.SAID_ERROR)
    return _BODY[dialect](plain)


def _says_error(plain: Plain) -> bool:
    return plain.get("type") == "error" or plain.get("error") not in (None, "", False)


def _chat_event(plain: Plain) -> Heard:
    """The chunk with the usage comes after the one with the finish_reason."""
    choice = _first_choice(plain)
    finish = choice.get("finish_reason")
    if finish == "error":
        raise AnswerError(Reason.SAID_ERROR)
    text = _spoken(_mapping(choice.get("delta")))
    return Heard(text, read_usage(plain.get("usage")), ended=isinstance(finish, str))


def _chat_body(plain: Plain) -> Heard:
    message = _first_choice(plain).get("message")
    if not isinstance(message, Mapping):
        raise AnswerError(Reason.CONFUSED)
    return Heard(_spoken(message), read_usage(plain.get("usage")), ended=True, closed=True)


def _first_choice(plain: Plain) -> Plain:
    choices = plain.get("choices")
    if not isinstance(choices, list):
        raise AnswerError(Reason.CONFUSED)
    first = (choice for choice in choices if isinstance(choice, Mapping) and choice.get("index", 0) == 0)
    return next(first, {})


def _spoken(message: Plain) -> str:
    """A refusal is what the agent has to say, too."""
    return "".join([*texts(message.get("content")), *texts(message.get("refusal"))])


def _messages_event(plain: Plain) -> Heard:
    match plain.get("type"):
        case "message_start":
            return Heard(usage=read_usage(_mapping(plain.get("message")).get("usage")))
        case "content_block_start":
            return Heard("".join(texts([plain.get("content_block")])))
        case "content_block_delta":
            delta = _mapping(plain.get("delta"))
            return Heard(_string(delta.get("text"))) if delta.get("type") == "text_delta" else Heard()
        case "message_delta":
            return Heard(usage=read_usage(plain.get("usage")))
        case "message_stop":
            return CLOSED
        case str():
            return Heard()
    raise AnswerError(Reason.CONFUSED)


def _messages_body(plain: Plain) -> Heard:
    content = plain.get("content")
    if not isinstance(content, list):
        raise AnswerError(Reason.CONFUSED)
    return Heard("".join(texts(content)), read_usage(plain.get("usage")), ended=True, closed=True)


def _responses_event(plain: Plain) -> Heard:
    match plain.get("type"):
        case "response.output_text.delta" | "response.refusal.delta":
            return Heard(_string(plain.get("delta")))
        case "response.completed" | "response.incomplete":
            whole = _mapping(plain.get("response"))
            text = "".join(_output(whole.get("output")))
            return Heard(usage=read_usage(whole.get("usage")), ended=True, closed=True, repeated=text)
        case "response.failed" | "response.cancelled":
            raise AnswerError(Reason.SAID_ERROR)
        case str():
            return Heard()
    raise AnswerError(Reason.CONFUSED)


def _responses_body(plain: Plain) -> Heard:
    """An answer still being worked on, as background ones are, is not whole."""
    if plain.get("status", "completed") not in ("completed", "incomplete"):
        raise AnswerError(Reason.SAID_ERROR)
    if not isinstance(plain.get("output"), list):
        raise AnswerError(Reason.CONFUSED)
    return Heard("".join(_output(plain["output"])), read_usage(plain.get("usage")), ended=True, closed=True)


def _output(items: object) -> Iterator[str]:
    for item in items if isinstance(items, list) else []:
        parts = item.get("content") if isinstance(item, Mapping) and item.get("type") == "message" else None
        for part in parts if isinstance(parts, list) else []:
            yield from texts([part])
            yield _string(_mapping(part).get("refusal"))


def _mapping(value: object) -> Plain:
    return value if isinstance(value, Mapping) else {}


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


_EVENT: Mapping[Dialect, Callable[[Plain], Heard]] = MappingProxyType(
    {Dialect.CHAT: _chat_event, Dialect.MESSAGES: _messages_event, Dialect.RESPONSES: _responses_event}
)
_BODY: Mapping[Dialect, Callable[[Plain], Heard]] = MappingProxyType(
    {Dialect.CHAT: _chat_body, Dialect.MESSAGES: _messages_body, Dialect.RESPONSES: _responses_body}
)
