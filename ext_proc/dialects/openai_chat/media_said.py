"""Pictures, sound and files that a model made, as a client is told them.

In: `Media` of an answer. Out: the member of the message it goes into, and what stands there. Sound has its own member;
pictures stand where OpenRouter puts them, and files beside them in the same way.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Saying
from ext_proc.chat.parts import Inline, Link, Media, PlainText
from ext_proc.dialects.openai_chat.media_out import data_url
from ext_proc.dialects.openai_chat.words import NAME

_SOUND_LIVES_S = 3600
_DEFAULTS = {"image": "image/png", "audio": "audio/wav", "video": "video/mp4", "document": "application/pdf"}


def say_media(media: Media, saying: Saying) -> tuple[str, dict[str, Any]]:
    match media:
        case Media(kind="audio", source=Inline(data=data)):
            made = {"id": f"audio_{saying.id}", "expires_at": saying.created_s + _SOUND_LIVES_S, "transcript": ""}
            known = dict(media.extra) if media.origin == NAME else {}
            return "audio", made | known | {"data": data}
        case Media(kind="image"):
            return "images", {"type": "image_url", "image_url": {"url": _address(media)}}
        case _:
            named = {"filename": media.title} if media.title else {}
            return "files", {"type": "file", "file": {**named, "file_data": _address(media)}}


def _address(media: Media) -> str:
    match media.source:
        case Inline() as inline:
            return data_url(inline, _DEFAULTS[media.kind])
        case Link(url=url):
            return url
        case PlainText(text=text):
            return text
        case stored:
            return stored.id
