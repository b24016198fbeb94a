"""A command renders without the checks of Envoy's message classes; its bytes are those of a checked render."""

from __future__ import annotations

import json
import subprocess
import sys

# Imported here, when tests are collected, so that this process has the checked classes.
import control_plane.xds.bootstrap  # noqa: F401
from control_plane.xds.tests.goldens import rendered

PROGRAM = """
import json, sys
from control_plane.xds.tests.goldens import rendered
texts = rendered()
Cluster = sys.modules["envoy_data_plane.envoy.config.cluster.v3"].Cluster
json.dump([hasattr(Cluster, "__pydantic_fields__"), texts], sys.stdout)
"""


def test_without_checks_the_bytes_are_the_same() -> None:
    assert hasattr(sys.modules["envoy_data_plane.envoy.config.cluster.v3"].Cluster, "__pydantic_fields__"), (
        "this process is to check"
    )
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    checked, texts = json.loads(ended.stdout)
    assert not checked, "a command pays for checks"
    assert texts == rendered()


def test_what_is_imported_later_is_checked_again() -> None:
    program = (
        "from control_plane.quick_messages import unchecked; import pydantic.dataclasses as p; before = p.dataclass\n"
        "with unchecked(): assert p.dataclass is not before\n"
        "assert p.dataclass is before"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
