"""The reference bootstraps in envoy/: current, complete, accepted by Envoy, data only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from control_plane import render
from control_plane.compile import Compiled, compile_file
from control_plane.deployment import Deployment
from control_plane.run import envoy_binary
from control_plane.run.launch import placeholders
from control_plane.tests import golden

FOLDER = Path(__file__).parents[2] / "envoy"
EXAMPLES = ["agents", "failover", "model_gateway"]
KEYS = dict.fromkeys(
    ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_OPENAI_API_KEY", "GROQ_API_KEY"], "value-of-a-secret"
)


def _compiled(name: str) -> Compiled:
    return compile_file(FOLDER / f"{name}.yaml", KEYS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_reference_is_what_its_configuration_renders_to(name: str) -> None:
    compiled = _compiled(name)
    assert [str(problem) for problem in compiled.problems] == []
    bootstrap = render.render(compiled, Deployment()).bootstrap
    assert "value-of-a-secret" not in bootstrap
    golden.compare(str(FOLDER / f"{name}.json"), bootstrap)


@pytest.mark.parametrize("name", EXAMPLES)
def test_envoy_accepts_a_reference(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text("utf-8")
    assert envoy_binary.find(os.environ)
    assert render.check(text, placeholders(_compiled(name), os.environ)) is None


def test_the_folder_holds_data_only() -> None:
    examples = {f"{name}.{kind}" for name in EXAMPLES for kind in ("yaml", "json")}
    assert {path.name for path in FOLDER.iterdir()} == examples | {"README.md"}
