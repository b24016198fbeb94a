"""What a request needs of a model, and whether the model has it.

In: a request, what is known of the model. Out: nothing, or `Unable` with the address of the first part the model cannot
take, so that another model is asked and this one's provider never sees the request. A longer answer than the model
gives is no reason to refuse: the limit is lowered and named among what was dropped. Never: a refusal on a guess; knobs
of thinking and forms of answers are the dialects' matter, which have ways around.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.loss import Dropped
from ext_proc.chat.parts import Inline, Media, Part, PlainText, Refusal, Text, ToolCall, ToolResult
from ext_proc.chat.request import CustomTool, Request, Tool

_KINDS = {"image": "images", "audio": "audio", "video": "video", "document": "documents"}
_NAME_CHARACTERS = 100
BYTES_PER_TOKEN = 6
"""More than any language has on average, so that only what is too long by far is refused here; four are usual."""


@dataclass(frozen=True, slots=True)
class Need:
    """A word of `chat.loss`, and where it is first needed."""

    capability: str
    at: str


def needs(request: Request) -> tuple[Need, ...]:
    """Each capability once."""
    found: dict[str, Need] = {}
    for need in _all(request):
        found.setdefault(need.capability, need)
    return tuple(found.values())


def _all(request: Request) -> Iterator[Need]:
    for tool in request.tools:
        if isinstance(tool, (Tool, CustomTool)):
            yield Need("tools", tool.at)
    for part in _parts(request):
        if isinstance(part, Media) and not _is_text(part):
            yield Need(_KINDS[part.kind], part.at)


def _parts(request: Request) -> Iterator[Part]:
    for turn in request.turns:
        for part in turn.parts:
            yield part
            if isinstance(part, ToolResult):
                yield from part.content


def _is_text(media: Media) -> bool:
    """Such documents reach every model, as text."""
    if media.kind != "document":
        return False
    source = media.source
    return isinstance(source, PlainText) or (isinstance(source, Inline) and source.media_type.startswith("text/"))


def lacking(request: Request, model: Model, body_bytes: int) -> Need | None:
    """The first need the model is known not to meet. `body_bytes`: how long the client's body is."""
    if model.lacks:
        for need in needs(request):
            if need.capability in model.lacks:
                return need
    if may_be_too_long(model, body_bytes) and may_be_too_long(model, _text_bytes(request)):
        return Need("context_length", request.names.get("turns", ""))
    return None


def may_be_too_long(model: Model, text_bytes: int) -> bool:
    return model.context_tokens is not None and text_bytes > model.context_tokens * BYTES_PER_TOKEN


def check(request: Request, model: Model, body_bytes: int) -> None:
    """Raises Unable."""
    need = lacking(request, model, body_bytes)
    if need is not None:
        raise Unable(need.at, need.capability, refusal(model, need.capability))


def refusal(model: Model, capability: str) -> str:
    name = model.id[:_NAME_CHARACTERS]
    match capability:
        case "context_length":
            return f"the model {name} cannot take more than {model.context_tokens} tokens (context_length)"
        case "tools":
            return f"the model {name} cannot call tools"
        case _:
            return f"the model {name} cannot take {capability}"


def _text_bytes(request: Request) -> int:
    words = [*request.system, *_parts(request)]
    return sum(len(text.encode("utf-8", "surrogatepass")) for part in words for text in _texts(part))


def _texts(part: Part) -> Iterator[str]:
    match part:
        case Text(text=text) | Refusal(text=text):
            yield text
        case ToolCall(arguments=text):
            yield text
        case Media(source=PlainText(text=text)):
            yield text
        case _:
            pass


def fit(request: Request, model: Model) -> tuple[Request, tuple[Dropped, ...]]:
    """The request with a limit of tokens the model can have."""
    asked, most = request.max_tokens, model.max_output_tokens
    if asked is None or most is None or asked <= most:
        return request, ()
    at = request.names.get("max_tokens", "max_tokens")
    return replace(request, max_tokens=most), (Dropped(at, f"the model's longest answer is {most} tokens"),)


def checked(model: Model) -> Model:
    """The model as encoders shall see it: a document that is left after `check` is one of text."""
    return replace(model, lacks=model.lacks - {"documents"})
