"""An answer in the words of no dialect, whole or as events.

A stream of events is, in this order: Began; then parts, each Opened, any number of Grew/Signed/Cited, Closed (parts of
one choice never overlap, their indices count up from 0); Stopped for each choice; Metered at any time, the last one
holds; Ended exactly once and last. Failed may stand anywhere and is last. An answer is whole only with Ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ext_proc.chat.errors import ProviderError
from ext_proc.chat.parts import Citation, Part, Plain, Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the provider counted them; None: not said. `input` includes `cached` and `cache_write`; `output`
    includes `reasoning`. `cache_write_1h` is the part of `cache_write` kept for an hour."""

    input: int | None = None
    cached: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    output: int | None = None
    reasoning: int | None = None
    extra: Plain = field(default_factory=dict)

    def updated(self, later: Usage) -> Usage:
        """Counts are running totals: what was said later holds."""
        names = ("input", "cached", "cache_write", "cache_write_1h", "output", "reasoning")
        merged: dict[str, Any] = {
            name: getattr(self, name) if getattr(later, name) is None else getattr(later, name) for name in names
        }
        return Usage(**merged, extra={**self.extra, **later.extra})


StopReason = Literal["end", "length", "tool_use", "stop_sequence", "refusal", "content_filter", "pause", "context"]
"""`pause`: the provider wants the turn sent back to go on; `context`: the context window is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why a choice ended. `raw`: the word the provider used. `sequence`: which stop sequence, where it says so.
    `extra`: what the provider's dialect alone says at the end, by name."""

    reason: StopReason
    raw: str = ""
    sequence: str | None = None
    extra: Plain = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the answers. `logprobs` in OpenAI chat's shape ({"content": [...], "refusal": ...})."""

    parts: tuple[Part, ...]
    stop: Stop
    logprobs: Plain | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer. `id` as the provider gave it ("" = none); `created_s` Unix time or None; `model` the provider's
    name for it. `rest`: service_tier, system_fingerprint and the like, by name."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    created_s: int | None = None
    rest: Plain = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    id: str = ""
    model: str = ""
    created_s: int | None = None
    rest: Plain = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A part begins; `part` holds what is known already (a call's id and name) and the text it begins with ("")."""

    part: Part
    index: int
    choice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grew:
    """More of the part that is open: text, a thought's text, a call's arguments, a refusal's words."""

    text: str
    index: int
    choice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The signature of the open part, whole."""

    signature: Signature
    index: int
    choice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    citation: Citation
    index: int
    choice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Log probabilities of what just came, in OpenAI chat's shape."""

    logprobs: Plain
    choice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The part is complete; `part` is all of it."""

    part: Part
    index: int
    choice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    stop: Stop
    choice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """Running totals so far."""

    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinged:
    """The provider is alive and has nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The stream ends here, unfinished: the provider said so, or it was cut."""

    error: ProviderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The protocol's own end marker arrived."""


Event = Began | Opened | Grew | Signed | Cited | Scored | Closed | Stopped | Metered | Pinged | Failed | Ended
