"""How the C library keeps memory that was freed. In: nothing. Out: nothing. Never: a need for that library to be glibc.

By itself glibc gives every freed piece of 128 KiB and more back to the system. A body of a megabyte is several such
pieces on its way to the decision, and having them mapped anew each time costs more than reading it.
"""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_PIECE_BYTES = 4 << 20
"""Larger pieces come from the system and go back to it: they are rare, and worth the space."""
_KEPT_BYTES = 16 << 20


def keep_what_is_freed() -> None:
    """For the whole process; nothing happens where the library cannot be told."""
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is not None:
        tell(_M_MMAP_THRESHOLD, _PIECE_BYTES)
        tell(_M_TRIM_THRESHOLD, _KEPT_BYTES)
