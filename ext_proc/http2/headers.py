"""Header blocks (HPACK, RFC 7541): reading with a library, writing without compression.

In: blocks of one connection in order; pairs. Out: pairs with lower-case names as bytes; blocks. We tell the peer to
keep no table, so equal blocks mean equal headers once it obeys: those are decoded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hpack import Decoder, HPACKError

from ext_proc.http2.frames import Code, ConnectionFailed

Headers = Mapping[bytes, bytes]
"""The values of a name that comes several times are joined as HTTP allows: cookies by semicolons, others by commas."""
_BETWEEN = {b"cookie": b"; "}
_REMEMBERED = 64
_NEVER_INDEXED = 0x10


class HeaderReader:
    """Decodes the blocks of one connection."""

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._known: dict[bytes, Headers] = {}

    def read(self, block: bytes) -> Headers:
        """Raises ConnectionFailed: after a block that cannot be read, no other can."""
        # A block says the same as before only while there is no table that it could refer to or change.
        table = self._decoder.header_table.dynamic_entries
        if not table and (known := self._known.get(block)) is not None:
            return known
        lasting = not table
        try:
            found: dict[bytes, bytes] = {}
            for name, value in ((bytes(n), bytes(v)) for n, v in self._decoder.decode(block, raw=True)):
                found[name] = found[name] + _BETWEEN.get(name, b", ") + value if name in found else value
        except (HPACKError, ValueError) as error:
            raise ConnectionFailed(Code.COMPRESSION_ERROR, "a header block that cannot be read") from error
        if lasting and not self._decoder.header_table.dynamic_entries:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[block] = found
        return found


def write(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A block that leaves the peer's table alone."""
    return b"".join(bytes((_NEVER_INDEXED,)) + _text(name) + _text(value) for name, value in pairs)


def _text(text: bytes) -> bytes:
    """A length in 7 bits or more (RFC 7541, section 5.1), and the bytes as they are."""
    size = len(text)
    if size < 127:
        return bytes((size,)) + text
    size -= 127
    length = bytearray((127,))
    while size >= 128:
        length.append(size & 127 | 128)
        size >>= 7
    length.append(size)
    return bytes(length) + text
