"""The sidecar's own code, asked in a process of its own. In: a task as ext_proc/offline says it. Out: the answer.

The task may hold keys and prompts: it goes through a pipe only, never into an argument, a file or a message.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from control_plane.run.launch import INHERITED, PYTHON

ROOT = Path(__file__).parents[2]
"""Where this package lies; the sidecar's lies beside it."""


class NoAnswer(Exception):
    """It cannot be answered; the text says why, in words for the user."""


def ask(task: Mapping[str, object]) -> dict[str, Any]:
    """The answer. Raises NoAnswer; anything else that goes wrong is a fault of ours."""
    done = subprocess.run(
        [sys.executable, "-m", "ext_proc.offline"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={name: os.environ[name] for name in (*INHERITED, *PYTHON) if name in os.environ},
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"ext_proc.offline ended with exit code {done.returncode}:\n{done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    if "error" in found:
        raise NoAnswer(str(found["error"]))
    return found
