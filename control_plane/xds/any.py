"""Packing a typed message into google.protobuf.Any while keeping the message itself.

betterproto2 packs by serialising, and unpacks again for JSON; nested four deep and five hundred times that takes
seconds. `Packed` keeps the message, so `render` can walk straight through it, and serialises only when asked.
"""

from __future__ import annotations

from typing import Any as Json

import betterproto2
from envoy_data_plane.google.protobuf import Any
from envoy_data_plane.message_pool import default_message_pool


class Packed(Any):
    """An Any whose bytes are made on demand."""

    message: betterproto2.Message

    def _plain(self) -> Any:
        return Any(type_url=self.type_url, value=bytes(self.message))

    def __bytes__(self) -> bytes:
        return bytes(self._plain())

    def to_dict(self, **options: object) -> dict[str, Json]:
        return self._plain().to_dict(**options)


def pack(message: betterproto2.Message) -> Packed:
    """Any holding `message`; its type must be in the default message pool (every generated one is)."""
    packed = Packed(type_url=default_message_pool.type_to_url[type(message)])
    packed.message = message
    return packed
