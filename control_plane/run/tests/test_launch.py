"""Filling the run directory where that cannot be done."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from control_plane.render import Rendered
from control_plane.run import launch
from control_plane.run.errors import RunError
from control_plane.run.state import RunDirectory, RunPlan


def test_earlier_logs_are_put_aside_for_the_owners_eyes_only(tmp_path: Path):
    directory = RunDirectory(tmp_path / "default")
    directory.prepare()
    directory.access_log.write_text("earlier\n")
    directory.access_log.chmod(0o644)
    plan = RunPlan(config="config.yaml", processes=(), doors=(), drain_time_s=1, ready_within_s=1)
    launch.write(directory, Rendered(bootstrap="{}", runtime="{}"), plan)
    logs = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.logs.iterdir()}
    assert logs == {"access.log": 0o600, "access.log.1": 0o600}
    assert (directory.logs / "access.log.1").read_text() == "earlier\n"


def test_a_full_disk_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(path: Path, text: str, mode: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(launch, "write_atomically", full)
    directory = RunDirectory(tmp_path / "default")
    directory.prepare()
    plan = RunPlan(config="config.yaml", processes=(), doors=(), drain_time_s=1, ready_within_s=1)
    with pytest.raises(RunError, match=r"default: No space left on device; make room there, or set PLANO_RUN_DIR"):
        launch.write(directory, Rendered(bootstrap="{}", runtime="{}"), plan)
