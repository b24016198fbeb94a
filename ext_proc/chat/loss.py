"""What a translation could not carry.

A tuning knob is dropped and named (`Dropped`), content or a tool is refused (`errors.Unable`). `CAPABILITIES` are the
words for what a target may lack.
"""

from __future__ import annotations

from dataclasses import dataclass

CAPABILITIES = (
    "images",
    "image_urls",
    "audio",
    "video",
    "documents",
    "files",
    "tools",
    "custom_tools",
    "builtin_tools",
    "tool_choice",
    "structured_output",
    "reasoning",
    "several_choices",
    "stored_conversations",
    "background",
    "context_length",
    "max_output",
    "content",
)


@dataclass(frozen=True, slots=True)
class Dropped:
    """`at`: the address in the client's body, without indices of arrays where many are alike
    ("messages[].cache_control"). `why`: a few words, for the log."""

    at: str
    why: str = ""
