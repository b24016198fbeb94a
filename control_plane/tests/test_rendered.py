"""What each file of the corpus renders to: a digest of the bootstrap, the whole runtime file, and Envoy's own word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from control_plane import render
from control_plane.compile import compile_file
from control_plane.deployment import Deployment
from control_plane.run import envoy_binary
from control_plane.run.launch import placeholders
from control_plane.tests import golden, test_corpus, test_more_files
from control_plane.tests.digest import digest

ACCEPTED = [path for path in test_corpus.FILES if path.name not in test_corpus.REFUSED]
EVERY = [*ACCEPTED, *sorted(test_more_files.FOLDER.glob("*.yaml"))]
FOLDER = "rendered"


def _rendered(path: Path) -> render.Rendered:
    return render.render(compile_file(path, test_more_files.ENVIRON), Deployment())


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.stem)
def test_rendering_is_what_was_reviewed(path: Path) -> None:
    rendered = _rendered(path)
    golden.compare(f"{FOLDER}/{path.stem}.txt", digest(rendered.bootstrap))
    golden.compare(f"{FOLDER}/{path.stem}.runtime.json", rendered.runtime)


def test_every_golden_has_a_file() -> None:
    golden.only(FOLDER, [f"{path.stem}{end}" for path in ACCEPTED for end in (".txt", ".runtime.json")])


def test_a_digest_changes_with_its_bootstrap() -> None:
    text = _rendered(ACCEPTED[0]).bootstrap
    assert digest(text) != digest(text.replace("60s", "61s"))


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_envoy_accepts(path: Path) -> None:
    compiled = compile_file(path, test_more_files.ENVIRON)
    bootstrap = render.render(compiled, Deployment()).bootstrap
    assert envoy_binary.find(os.environ)
    assert render.check(bootstrap, placeholders(compiled, os.environ)) is None
