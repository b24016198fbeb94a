"""What a schema cannot say: references, conflicts, lint and what is not enforced yet.

In: the configuration as read. Out: problems appended; nothing is changed.

Values that the schema refused read as empty or None; the checks leave those out, so that one fault is one problem.
"""

from __future__ import annotations

from control_plane.check import aliases as check_aliases
from control_plane.check import conflicts as check_conflicts
from control_plane.check import deciding as check_deciding
from control_plane.check import enforced as check_enforced
from control_plane.check import lint as check_lint
from control_plane.check import listeners as check_listeners
from control_plane.check import names as check_names
from control_plane.check import providers as check_providers
from control_plane.check import references as check_references
from control_plane.check import routing as check_routing
from control_plane.check import waiting as check_waiting
from control_plane.check.places import Places
from control_plane.config import Config
from control_plane.document import Document
from control_plane.problems import Problems


def check(config: Config, document: Document, problems: Problems) -> None:
    """`document` is in today's spelling; it gives places finer than the values of `config` do."""
    places = Places(document)
    for part in (
        check_providers,
        check_aliases,
        check_listeners,
        check_names,
        check_conflicts,
        check_references,
        check_routing,
        check_deciding,
        check_waiting,
        check_lint,
        check_enforced,
    ):
        part.check(config, places, problems)
