"""What a turn or an answer is made of.

`at` is the part's address in the body it was decoded from ("messages[2].content[0]"), for errors and lists of what was
dropped; it never takes part in comparisons. A `Dialect` word in `origin` says whose opaque data a value carries.
`extra` has small members (an item's id, its status) that only the dialect of the body it was decoded from has: that
dialect's encoder writes them back, all others pass over them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Plain = Mapping[str, Any]
"""A JSON object, never changed in place."""

CacheMark = Literal["5m", "1h"]
"""The client asks the provider to keep the prompt up to here for that long."""


@dataclass(frozen=True, slots=True)
class Inline:
    """Bytes, base64 as in the body. `media_type` like "image/png", "" where nobody said."""

    media_type: str
    data: str


@dataclass(frozen=True, slots=True)
class Link:
    """A URL that the provider fetches; also gs:// and s3:// URIs. `media_type` "" where nobody said."""

    url: str
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file uploaded before; its id means something to one dialect's providers only."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class PlainText:
    """A document given as text."""

    text: str


Source = Inline | Link | StoredFile | PlainText


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words. `citations` as each dialect writes them, with its name in `origin`. `signature`: Gemini may sign text."""

    text: str
    citations: tuple[Citation, ...] = ()
    signature: Signature | None = None
    cache: CacheMark | None = None
    extra: Plain = field(default_factory=dict)
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where words come from, as far as dialects agree; `raw` is the citation as `origin` wrote it."""

    origin: str
    raw: Plain
    url: str = ""
    title: str = ""
    cited_text: str = ""
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """An image, sound, video or document. `detail` low | high | auto. `title` a file name. `extra` what only `origin`
    knows of it (Anthropic's document context and citations switch, Gemini's video metadata)."""

    kind: Literal["image", "audio", "video", "document"]
    source: Source
    detail: str = ""
    title: str = ""
    origin: str = ""
    extra: Plain = field(default_factory=dict)
    cache: CacheMark | None = None
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Signature:
    """Opaque proof a provider wants back unchanged; only providers of the dialect `origin` can read it."""

    origin: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """What a model thought. `text` whole or summary. `redacted`: only `signature` holds it, nothing can be read.
    `id` is the item's id in the Responses dialect; `summary` says that the text is a summary."""

    text: str = ""
    signature: Signature | None = None
    redacted: bool = False
    summary: bool = False
    id: str = ""
    cache: CacheMark | None = None
    extra: Plain = field(default_factory=dict)
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A model asks for a tool. `arguments` is the JSON text as the model wrote it, for `custom` any text.
    `item_id` is the Responses item's id, `namespace` the Responses namespace the tool stands in."""

    id: str
    name: str
    arguments: str
    custom: bool = False
    namespace: str = ""
    item_id: str = ""
    signature: Signature | None = None
    cache: CacheMark | None = None
    extra: Plain = field(default_factory=dict)
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """The answer to a ToolCall. `name` "" where the dialect does not repeat it (find it by `call_id`)."""

    call_id: str
    content: tuple[Text | Media, ...]
    name: str = ""
    error: bool = False
    custom: bool = False
    cache: CacheMark | None = None
    extra: Plain = field(default_factory=dict)
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Words by which a model declines, where a dialect keeps them apart from text."""

    text: str
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """A part only one dialect knows (a web search of its own, an item reference): goes back to that dialect whole.
    `essential`: without it the turn says something else, so no other dialect may be sent it."""

    origin: str
    kind: str
    raw: Plain
    essential: bool = True
    at: str = field(default="", compare=False)


Part = Text | Media | Reasoning | ToolCall | ToolResult | Refusal | Opaque
