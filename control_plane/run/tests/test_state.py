"""The run directory: what is written comes back, and one gateway at a time owns it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from control_plane.run.errors import RunError
from control_plane.run.state import (
    Door,
    Lock,
    ProcessSpec,
    ProcessState,
    RunDirectory,
    RunPlan,
    State,
    holder,
    read_plan,
    read_state,
    run_directory,
    write_state,
)

PLAN = RunPlan(
    config="/etc/plano.yaml",
    processes=(ProcessSpec(name="envoy", argv=("/bin/envoy", "-c", "x"), variables=("PATH", "KEY")),),
    doors=(Door(name="llm", kind="model", address="::", port=12000, probe="https", curl="curl x"),),
    drain_time_s=1.5,
)


def test_a_plan_comes_back_as_it_was(directory: RunDirectory):
    assert read_plan(directory) is None
    directory.plan.write_text(PLAN.dump())
    assert read_plan(directory) == PLAN


def test_a_state_comes_back_as_it_was(directory: RunDirectory):
    assert read_state(directory) is None
    process = ProcessState(name="envoy", pid=12, started_at=5.5, restarts=2)
    state = State(pid=11, phase="draining", started_at=5.0, processes=(process,), message="1 request running")
    write_state(directory, state)
    assert read_state(directory) == state


def test_one_owner_at_a_time(directory: RunDirectory):
    assert holder(directory) is None
    lock = Lock.take(directory)
    with closing(lock):
        directory.pid_file.write_text("4711\n")
        assert Lock.take(directory) is None
        assert holder(directory) == 4711
    assert holder(directory) is None, "a pid file alone does not own anything"


def test_a_child_that_inherits_the_lock_keeps_it(directory: RunDirectory):
    lock = Lock.take(directory)
    with closing(lock):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock.fd,))
    assert holder(directory) == 0
    child.communicate(b"\n")
    assert holder(directory) is None


def test_where_it_lies(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert run_directory("default", {}).path == tmp_path / ".plano/run/default"
    assert run_directory("two", {"PLANO_RUN_DIR": "/run/plano"}).path == Path("/run/plano/two")


def test_a_path_too_long_for_a_socket_is_said_before_anything_is_made(tmp_path: Path):
    deep = RunDirectory(tmp_path / ("d" * 120))
    with pytest.raises(RunError, match="too long for a unix socket; set PLANO_RUN_DIR"):
        deep.prepare()
    assert not deep.path.exists()


def test_a_directory_that_cannot_be_made(short_path: Path):
    (short_path / "file").write_text("")
    with pytest.raises(RunError, match="set PLANO_RUN_DIR to a directory you may write"):
        RunDirectory(short_path / "file" / "default").prepare()
