"""Several log files read as one, also while they grow and are replaced."""

from __future__ import annotations

import json
from itertools import islice

from control_plane.run import logs
from control_plane.run.state import RunDirectory

REQUEST = {"time": "2026-05-01T10:00:01.500Z", "status": 200}


def fill(directory: RunDirectory) -> None:
    directory.access_log.write_text(json.dumps(REQUEST) + "\n")
    directory.supervisor_log.write_text(
        "2026-05-01T10:00:01.000+00:00 envoy ended. Last lines:\n  one\n2026-05-01T10:00:02.000+00:00 stopped\n"
    )


def test_lines_come_in_the_order_of_their_times(directory: RunDirectory):
    fill(directory)
    found = logs.last(directory, logs.SOURCES)
    assert [(line.source, logs.message(line)) for line in found] == [
        ("supervisor", "envoy ended. Last lines:"),
        ("supervisor", "  one"),
        ("access", json.dumps(REQUEST)),
        ("supervisor", "stopped"),
    ]


def test_only_from_where_asked(directory: RunDirectory):
    fill(directory)
    assert [line.source for line in logs.last(directory, ("access",))] == ["access"]


def test_envoys_own_stamp_is_understood(directory: RunDirectory):
    directory.log_of("envoy").write_text("[2026-05-01 10:00:01.250][warning][main] careful\n")
    (line,) = logs.last(directory, ("envoy",))
    assert logs.message(line) == "[warning][main] careful"
    assert line.time_s % 1 == 0.25


def test_following_sees_new_lines_whole_and_survives_a_new_file(directory: RunDirectory):
    directory.access_log.write_text("old\n")
    stream = logs.follow(directory, ("access",))
    assert next(stream) is None
    with directory.access_log.open("a") as file:
        file.write("one\ntw")
    assert next(stream).text == "one"
    assert next(stream) is None
    with directory.access_log.open("a") as file:
        file.write("o\n")
    assert next(line for line in stream if line).text == "two"
    directory.access_log.rename(directory.access_log.with_suffix(".log.1"))
    directory.access_log.write_text("fresh\n")
    assert next(line for line in islice(stream, 5) if line).text == "fresh"


def test_the_sidecars_workers_are_one_source_also_those_that_start_later(directory: RunDirectory):
    for number, second in ((1, 3), (2, 2)):
        record = {"time": f"2026-05-01T10:00:0{second}.000Z", "event": "decision"}
        directory.log_of(f"sidecar-{number}").write_text(json.dumps(record) + "\nTraceback\n")
    found = logs.last(directory, (logs.SIDECAR,))
    assert [line.source for line in found] == ["sidecar-2", "sidecar-2", "sidecar-1", "sidecar-1"]
    assert all(logs.is_sidecar(line) for line in found)
    stream = logs.follow(directory, (logs.SIDECAR,))
    assert next(stream) is None
    directory.log_of("sidecar-3").write_text("hello\n")
    assert next(line for line in islice(stream, 5) if line) == logs.Line(0.0, "sidecar-3", "hello")


def test_strange_lines_are_kept(directory: RunDirectory):
    directory.access_log.write_bytes(b'\xff\n[1]\n{"time": 5}\n{"time": "never"}\n\n')
    assert len(logs.last(directory, ("access",))) == 5
