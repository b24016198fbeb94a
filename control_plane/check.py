"""What a schema cannot say: references, conflicts, lint and what is not enforced yet. Appends problems, changes nothing."""

from __future__ import annotations

from control_plane.config import Config
from control_plane.document import Document
from control_plane.problems import Problems


def check(config: Config, document: Document, problems: Problems) -> None:
    """`document` is in today's spelling; it gives places finer than the values of `config` do."""
