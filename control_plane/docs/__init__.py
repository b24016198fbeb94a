"""The generated pages of docs/: each is a pure function from its source to Markdown.

Write them with `python -m control_plane.docs`; `--check` says which are not current. They run from a source tree only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from control_plane.docs import commands, configuration, errors, providers

ROOT = Path(__file__).parents[2]

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/configuration.md": configuration.page,
    "docs/errors.md": errors.page,
    "docs/commands.md": commands.page,
    "docs/providers.md": providers.page,
}
"""Path below the root -> what the page has to say now."""


def stale(root: Path = ROOT) -> dict[str, str]:
    """The pages that differ from what they should say, with what they should say."""
    wanted = {path: page() for path, page in PAGES.items()}
    return {path: text for path, text in wanted.items() if _read(root / path) != text}


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""
