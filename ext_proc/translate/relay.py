"""A provider's stream made a client's, piece by piece; no sockets.

In: bytes as they come. Out: bytes for the client, and whether anything was said yet: until then the head of the answer
is held back, so that another provider can still be asked. Never: a normal end without the provider's end marker.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ext_proc.chat.answer import Ended, Event, Failed, Grew, Metered, Opened, Pinged, Usage
from ext_proc.chat.dialect import StreamDecoder, StreamEncoder
from ext_proc.chat.errors import ProviderError


@dataclass(slots=True)
class Relay:
    """`said`: the client may be told. `failed`: why the stream is not whole; `ended`: it is. `usage`: totals so far."""

    decoder: StreamDecoder
    encoder: StreamEncoder
    said: bool = False
    ended: bool = False
    failed: ProviderError | None = None
    usage: Usage | None = None

    @property
    def over(self) -> bool:
        return self.ended or self.failed is not None

    def feed(self, data: bytes) -> bytes:
        return self.take(self.decoder.feed(data))

    def finish(self) -> bytes:
        """The provider's bytes are over."""
        return b"" if self.over else self.take(self.decoder.flush())

    def fail(self, error: ProviderError) -> bytes:
        """Ends the stream from our side."""
        return b"" if self.over else self.take([Failed(error=error)])

    def take(self, events: Iterable[Event]) -> bytes:
        out = []
        for event in events:
            if self.over:
                break
            match event:
                case Pinged() if not self.said:
                    continue
                case Opened() | Grew():
                    self.said = True
                case Metered(usage=usage):
                    self.usage = self.usage.updated(usage) if self.usage else usage
                case Ended():
                    self.said = self.ended = True
                case Failed(error=error):
                    self.failed = error
                case _:
                    pass
            out.append(self.encoder.encode(event))
        return b"".join(out)
