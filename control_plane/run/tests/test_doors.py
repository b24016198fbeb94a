"""Which listeners `up` calls open: other machines reach them, and nobody is asked who he is."""

from __future__ import annotations

from pathlib import Path

import pytest

from control_plane.commands import up_report
from control_plane.compile import compile_text
from control_plane.problems import Problems
from control_plane.run.launch import doors
from control_plane.run.state import Door, RunDirectory, RunPlan

KEYS = "auth: {api_keys: [{name: me, key: $MINE}]}"


def _door(extra: str) -> Door:
    text = f"""\
version: v0.4.0
listeners:
  - {{type: model, name: llm, port: 1{extra}}}
model_providers:
  - {{model: openai/gpt-4o, access_key: $KEY, default: true}}
"""
    compiled = compile_text(text.encode(), "config.yaml", Path("/nowhere"), {})
    assert compiled.gateway is not None, [str(problem) for problem in compiled.problems]
    (door,) = doors(compiled.gateway)
    return door


@pytest.mark.parametrize(
    ("extra", "is_open"),
    [
        ("", True),
        (", address: '::'", True),
        (", address: 10.1.2.3", True),
        (", tls: {cert_file: /c, key_file: /k}", True),
        (", tls: {cert_file: /c, key_file: /k, client_ca_file: /a}", False),
        (", address: 127.0.0.1", False),
        (", address: '::1'", False),
        (f", {KEYS}", False),
    ],
)
def test_a_listener_is_open_when_others_reach_it_and_nobody_is_asked(
    extra: str, is_open: bool, tmp_path: Path, capsys
) -> None:
    plan = RunPlan(config="config.yaml", processes=(), doors=(_door(extra),))
    up_report.report(RunDirectory(tmp_path), plan, Problems())
    told = [line for line in capsys.readouterr().out.splitlines() if "open to everyone" in line]
    assert told == (["  open to everyone who can reach it: add auth, or address: 127.0.0.1"] if is_open else [])
