"""Goldens show what each feature renders to; Envoy itself says whether it is a configuration."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from control_plane.xds.tests import features, goldens, lab

needs_envoy = pytest.mark.skipif(lab.ENVOY is None, reason="no Envoy installed")


@pytest.mark.parametrize("name", sorted(features.ALL))
def test_rendering_is_what_was_reviewed(name):
    reviewed = goldens.FOLDER / f"{name}.json"
    assert goldens.rendered()[name] == reviewed.read_text(encoding="utf-8"), (
        "the rendering changed; review it and run: python -m control_plane.xds.tests.goldens --write"
    )


def test_every_golden_has_a_feature():
    assert {file.stem for file in goldens.FOLDER.glob("*.json")} == set(features.ALL)


def test_goldens_are_small_enough_to_read():
    assert len((goldens.FOLDER / "simple.json").read_bytes()) < 200_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where the goldens' relative paths lead: a certificate made for the test, an empty key set."""
    made = tmp_path_factory.mktemp("goldens")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=test"]
    command += ["-keyout", features.PRIVATE_KEY, "-out", features.CERTIFICATE]
    subprocess.run(command, cwd=made, check=True, capture_output=True)
    (made / features.JWKS).write_text('{"keys":[{"kty":"oct","alg":"HS256","k":"c2VjcmV0"}]}')
    return made


@needs_envoy
@pytest.mark.parametrize("name", sorted(features.ALL))
def test_envoy_accepts(name, folder):
    text = (goldens.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert lab.validate(text, folder, features.ENVIRON) == ""
