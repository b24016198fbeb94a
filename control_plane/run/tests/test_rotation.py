"""Logs that have grown: what they held is kept once, and who writes them goes on writing."""

from __future__ import annotations

import asyncio
import shutil
import stat
from pathlib import Path

import pytest

from control_plane.run import rotation
from control_plane.run.processes import open_log
from control_plane.run.rotation import aside, rotate
from control_plane.run.state import RunDirectory


def test_a_log_past_the_limit_begins_again_and_loses_nothing(directory: RunDirectory):
    log = directory.log_of("envoy")
    with open_log(log) as file:
        for line in ("one\n", "two\n"):
            file.write(line.encode())
            file.flush()
            assert log.read_text() == line
            assert rotate(directory, 3) == ""
            assert (aside(log).read_text(), log.read_text()) == (line, "")
    assert stat.S_IMODE(aside(log).stat().st_mode) == 0o600


def test_a_small_log_stays(directory: RunDirectory):
    directory.access_log.write_text("one\n")
    assert rotate(directory, 4) == ""
    assert directory.access_log.read_text() == "one\n" and not aside(directory.access_log).exists()


def test_a_full_disk_is_told_once_and_leaves_the_log(directory: RunDirectory, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    monkeypatch.setattr(rotation, "LARGEST_BYTES", 0)
    monkeypatch.setattr(rotation, "CHECK_S", 0)
    directory.access_log.write_text("one\n")
    said: list[str] = []

    async def thrice() -> None:
        looks = 0
        ended = asyncio.Event()
        real = rotation.rotate

        def counting(where: RunDirectory, limit_bytes: int) -> str:
            nonlocal looks
            looks += 1
            if looks > 3:
                loop.call_soon_threadsafe(ended.set)
            return real(where, limit_bytes)

        loop = asyncio.get_running_loop()
        monkeypatch.setattr(rotation, "rotate", counting)
        task = asyncio.create_task(rotation.keep_small(directory, said.append))
        await ended.wait()
        task.cancel()

    asyncio.run(thrice())
    assert said == [f"{directory.access_log} cannot be put aside: No space left on device"]
    assert directory.access_log.read_text() == "one\n"
    assert [path.name for path in Path(directory.logs).iterdir()] == ["access.log"]
