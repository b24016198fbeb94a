"""A library that cannot be told how to keep memory is no reason not to start."""

from __future__ import annotations

import ctypes

import pytest

from ext_proc import heap


class Library:
    def __init__(self, *_: object) -> None:
        self.told: list[tuple[int, int]] = []


class Glibc(Library):
    def mallopt(self, what: int, value: int) -> int:
        self.told.append((what, value))
        return 1


@pytest.mark.parametrize("library", [Library(), Glibc()])
def test_what_is_freed_is_kept_where_the_library_can_be_told(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    heap.keep_what_is_freed()
    told = dict(library.told)
    if isinstance(library, Glibc):
        # A piece that came from the system goes back to it: a megabyte must not be one.
        assert told[-3] > 1 << 20
        assert told[-1] > told[-3]
    else:
        assert not told
