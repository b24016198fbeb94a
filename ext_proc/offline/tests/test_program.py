"""`python -m ext_proc.offline` as a process: what it says when it cannot answer, and what it never says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
SERVER = {"chat_url": "http://127.0.0.1:9/v1/chat/completions", "root_url": "http://127.0.0.1:9", "headers": {}}
EXAMINE: dict[str, Any] = {
    "task": "examine",
    "server": SERVER | {"headers": {"authorization": "Bearer sk-secret-0987"}},
    "model": {"model": "m", "prompt": "", "context_tokens": 8192},
    "options": [{"name": name, "description": name, "examples": []} for name in ("a", "b")],
    "several": False,
    "samples": [{"path": "/v1/chat/completions", "body": {"input": "a-private-prompt"}, "expected": ["a"]}],
    "deadline_s": 1.0,
    "rounds": 1,
    "at_once": 1,
}


def run(task: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ext_proc.offline"], input=json.dumps(task), capture_output=True, text=True, cwd=ROOT
    )


@pytest.mark.parametrize(
    ("task", "error"),
    [
        ({"task": "decide", "server": None, "runtime": "{}", "calls": []}, "runtime file of contract None"),
        (EXAMINE | {"model": EXAMINE["model"] | {"prompt": "nobody"}}, "no prompt format 'nobody'"),
        (
            EXAMINE | {"samples": [EXAMINE["samples"][0] | {"path": "/v1/embeddings"}]},
            "a conversation is not written as the path's API wants it",
        ),
    ],
    ids=["another contract", "unknown prompt", "no conversation"],
)
def test_what_the_reader_can_put_right(task: dict[str, Any], error: str) -> None:
    done = run(task)
    assert done.returncode == 0, done.stderr
    assert error in json.loads(done.stdout)["error"]
    assert "sk-secret" not in done.stdout + done.stderr
    assert "a-private-prompt" not in done.stdout + done.stderr


def test_an_unforeseen_error_is_no_answer() -> None:
    done = run({"task": "sing", "server": None})
    assert (done.returncode, done.stdout) == (1, "")
