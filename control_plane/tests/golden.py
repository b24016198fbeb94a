"""Reviewed texts: a test compares with the file; `make goldens` writes them anew and deletes those nobody asks for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "goldens"
_WRITING = bool(os.environ.get("UPDATE_GOLDENS"))


def compare(name: str, text: str) -> None:
    """`name` is a path below `FOLDER`."""
    path = FOLDER / name
    if _WRITING:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "run `make goldens` and read the difference"


def only(folder: str, names: Iterable[str]) -> None:
    """No other file lies in this folder."""
    wanted = set(names)
    stale = [path for path in (FOLDER / folder).iterdir() if path.name not in wanted]
    for path in stale if _WRITING else ():
        path.unlink()
    assert _WRITING or not stale, f"run `make goldens`: nothing asks for {stale}"
