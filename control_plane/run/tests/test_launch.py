"""Filling the run directory where that cannot be done."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from control_plane.render import Rendered
from control_plane.run import launch
from control_plane.run.errors import RunError
from control_plane.run.state import RunDirectory, RunPlan


def test_a_full_disk_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(path: Path, text: str, mode: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(launch, "write_atomically", full)
    directory = RunDirectory(tmp_path / "default")
    directory.prepare()
    plan = RunPlan(config="config.yaml", processes=(), doors=(), drain_time_s=1, ready_within_s=1)
    with pytest.raises(RunError, match=r"default: No space left on device; make room there, or set PLANO_RUN_DIR"):
        launch.write(directory, Rendered(bootstrap="{}", runtime="{}"), plan)
