"""The command that starts a server for the router model."""

from __future__ import annotations

import os

import pytest

from router_model.serve.__main__ import main
from router_model.serve.command import Plan, words


def test_a_dry_run_prints_a_command_that_can_be_pasted(capsys):
    assert main(["--dry-run", "--model", "/models/my router", "--port", "9000", "--", "--seed", "1"]) == 0
    line = capsys.readouterr().out
    assert line.startswith("vllm serve '/models/my router' --served-model-name 'my router' ")
    assert "--port 9000" in line and line.endswith("--seed 1\n")


@pytest.mark.parametrize("fp8", [False, True])
def test_what_a_router_needs_is_always_on(fp8):
    command = words(Plan(fp8=fp8))
    for flag in ("--enable-prefix-caching", "--enable-chunked-prefill", "--no-enable-log-requests"):
        assert flag in command
    assert command[command.index("--served-model-name") + 1] == "Plano-Orchestrator-4B"
    assert ("--quantization" in command) == fp8


def test_given_memory_replaces_the_default(capsys):
    main(["--dry-run", "--memory", "0.5"])
    assert "--gpu-memory-utilization 0.50 " in capsys.readouterr().out


@pytest.mark.parametrize("memory", ["0", "1.5", "-1", "half"])
def test_impossible_memory_is_refused(memory, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--memory", memory])
    assert stop.value.code == 2 and "--memory" in capsys.readouterr().err


def test_without_vllm_it_says_what_to_install(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([]) == 2
    assert "pip install vllm" in capsys.readouterr().err


def test_with_vllm_the_process_becomes_the_server(monkeypatch, tmp_path):
    program = tmp_path / "vllm"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    became = []

    def become(path, command):
        became.append((path, command))
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", become)
    with pytest.raises(SystemExit):
        main(["--fp8"])
    assert became == [(str(program), words(Plan(fp8=True)))]
