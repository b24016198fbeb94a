"""The store that workers share: two of them, one file."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys

from ext_proc.sessions.store_shared import SharedStore
from ext_proc.sessions.stores import Outcome, Trouble, open_store
from ext_proc.sessions.tests.samples import Time, binding, nothing
from ext_proc.sessions.tests.turns import sessions

LONG_S = 5.0


def store(tmp_path, clock=None, max_entries=3, ttl_s=10.0):
    return SharedStore(tmp_path / "sessions.db", max_entries, ttl_s, clock or Time())


def read(store, key, deadline_s=LONG_S):
    return asyncio.run(store.read(key, deadline_s))


def write(store, key, kept=None, deadline_s=LONG_S):
    return asyncio.run(store.write(key, kept or binding(key), deadline_s))


def test_what_one_worker_remembers_the_other_finds(tmp_path):
    one, other = store(tmp_path), store(tmp_path)
    assert write(one, "a", binding("openai/gpt-4o")) is None
    assert read(other, "a").binding == binding("openai/gpt-4o")
    write(other, "a", binding("anthropic/claude"))
    assert read(one, "a").binding == binding("anthropic/claude")
    assert (one.counts[Outcome.STORE], one.counts[Outcome.HIT], other.counts[Outcome.HIT]) == (1, 1, 1)


def test_a_worker_of_another_process_finds_it_too(tmp_path):
    write(store(tmp_path), "a")
    program = (
        "import asyncio, pathlib, sys\n"
        "from ext_proc.sessions.store_shared import SharedStore\n"
        "found = asyncio.run(SharedStore(pathlib.Path(sys.argv[1]), 3, 10.0, lambda: 0.0).read('a', 5.0))\n"
        "print(found.binding.anchor_model)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "sessions.db")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "a\n"


def test_an_entry_lives_as_long_as_it_was_written_for(tmp_path):
    clock = Time()
    kept = store(tmp_path, clock)
    write(kept, "a")
    clock.now_s = 10.5
    assert read(kept, "a").binding is None
    assert kept.counts[Outcome.MISS] == 1


def test_those_written_longest_ago_are_crowded_out(tmp_path):
    clock = Time()
    kept = store(tmp_path, clock)
    for number in range(6):
        clock.now_s = number / 10
        write(kept, str(number))
    assert [key for key in "012345" if read(kept, key).binding] == ["3", "4", "5"]


def test_nobody_waits_longer_than_the_deadline_for_another_workers_write(tmp_path):
    kept = store(tmp_path)
    write(kept, "a")
    busy = sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)
    busy.execute("BEGIN IMMEDIATE")
    assert write(kept, "b", deadline_s=0.01) is Trouble.LATE
    assert read(kept, "a", deadline_s=0.01).binding == binding("a"), "readers do not wait for writers"
    assert kept.counts[Outcome.STORE_ERROR] == 1


def test_a_spoilt_file_costs_memory_and_no_answer(tmp_path):
    kept = store(tmp_path)
    write(kept, "a")
    spoiler = sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)
    spoiler.execute("UPDATE binding SET record = x'00'")
    assert read(kept, "a").binding is None
    spoiler.execute("DROP TABLE binding")
    assert read(kept, "a").trouble is Trouble.UNREACHABLE


def test_only_its_owner_may_read_it(tmp_path):
    store(tmp_path)
    assert (tmp_path / "sessions.db").stat().st_mode & 0o077 == 0


def test_it_is_used_where_a_file_is_named(tmp_path):
    assert isinstance(open_store(sessions(), {}, Time(), nothing, tmp_path / "s.db"), SharedStore)
