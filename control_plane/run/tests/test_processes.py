"""Keeping processes up, with processes of a few milliseconds."""

from __future__ import annotations

import asyncio
import stat
import sys

import pytest

from control_plane.run.processes import GaveUp, Supervisor, ending, tail
from control_plane.run.state import ProcessSpec, RunDirectory


def make(directory: RunDirectory, said: list[str], *specs: ProcessSpec, environ: dict[str, str] | None = None):
    return Supervisor(specs, directory.log_of, environ or {}, said.append, lambda: None)


def failure(supervisor: Supervisor) -> GaveUp:
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(supervisor.run())
    (only,) = caught.value.exceptions
    assert isinstance(only, GaveUp)
    return only


def test_five_quick_deaths_are_enough(directory: RunDirectory):
    said: list[str] = []
    spec = ProcessSpec(name="worker", argv=("/bin/sh", "-c", "echo went wrong; exit 3"))
    reason = str(failure(make(directory, said, spec)))
    assert "ended with exit code 3; it died 5 times in a row" in reason
    assert "went wrong" in reason
    assert [text.partition("restarted in ")[2][:5] for text in said] == ["0.1 s", "0.2 s", "0.4 s", "0.8 s"]


def test_a_program_that_is_not_there(directory: RunDirectory):
    reason = str(failure(make(directory, [], ProcessSpec(name="worker", argv=("/no/such/program",)))))
    assert reason == "worker cannot be started: /no/such/program: No such file or directory"


def test_a_process_gets_only_the_variables_it_names(directory: RunDirectory):
    code = "import os; print(sorted(k for k in os.environ if k != 'LC_CTYPE')); raise SystemExit(1)"
    spec = ProcessSpec(name="worker", argv=(sys.executable, "-c", code), variables=("WANTED", "UNSET"))
    failure(make(directory, [], spec, environ={"WANTED": "1", "OTHER": "2"}))
    assert set(directory.log_of("worker").read_text().split("\n")) == {"['WANTED']", ""}


def test_a_file_that_a_process_makes_is_its_owners(directory: RunDirectory):
    log = directory.logs / "own.log"
    failure(make(directory, [], ProcessSpec(name="worker", argv=("/bin/sh", "-c", f"echo x >> {log}; exit 1"))))
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_stop_ends_one_that_ignores_sigterm(directory: RunDirectory, monkeypatch):
    monkeypatch.setattr("control_plane.run.processes.KILL_AFTER_S", 0.2)
    said: list[str] = []
    deaf = ProcessSpec(name="deaf", argv=("/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"))

    async def scenario() -> None:
        supervisor = make(directory, said, deaf)
        running = asyncio.create_task(supervisor.run())
        while not directory.log_of("deaf").exists() or "up" not in directory.log_of("deaf").read_text():
            await asyncio.sleep(0.01)
        await supervisor.stop()
        await running
        assert supervisor.states[0].pid is None

    asyncio.run(scenario())
    assert said == ["deaf did not end within 0 s and was killed"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended with exit code 0"),
        (3, "ended with exit code 3"),
        (-9, "was killed by SIGKILL"),
        (-11, "was killed by SIGSEGV"),
        (-99, "was killed by signal 99"),
    ],
)
def test_how_it_ended(code: int, words: str):
    assert ending(code) == words


def test_tail_is_the_end_of_the_log(directory: RunDirectory):
    path = directory.log_of("worker")
    assert tail(path) == "  (it wrote nothing)"
    path.write_bytes(b"x" * 100_000 + b"\nsecond to last\n\xff last\n")
    assert tail(path, 2) == "  second to last\n  \N{REPLACEMENT CHARACTER} last"
