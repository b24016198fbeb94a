"""What is measured: each gateway started in front of the same two providers, as a list of rows.

A `Row` is one way through one process. Rows of one process share its memory figures.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from control_plane.run import envoy_binary
from e2e.bench import envoys
from e2e.bench.process import GATEWAY_CPUS, LOAD_CPUS, free_port, running

LITELLM = "litellm[proxy]==1.106.2"
LITELLM_VENV = Path(".venv-litellm")
PLAIN, STREAMING, ALIAS, FAILOVER = "gpt-4o", "gpt-4o-mini", "smart", "steady"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`port` takes whole requests for `model`, `stream_port` streamed ones for `stream_model`; `pid` owns them."""

    name: str
    pid: int
    port: int
    model: str
    stream_port: int
    stream_model: str


@contextlib.contextmanager
def rows(directory: Path, *, litellm: bool) -> Iterator[list[Row]]:
    """Everything running, the provider itself first. Files and logs go to `directory`."""
    with contextlib.ExitStack() as stack:
        whole, streamed = free_port(), free_port()
        provider = stack.enter_context(envoy(directory, "provider", envoys.provider(whole), whole, LOAD_CPUS))
        command = [sys.executable, "-m", "e2e.bench.provider", str(streamed)]
        stack.enter_context(running(command, streamed, directory / "stream.log", cpus=LOAD_CPUS, environ={}))
        found = [_row("provider, no gateway", provider, whole, PLAIN, streamed)]
        found.append(stack.enter_context(_bare(directory, whole, streamed)))
        found += stack.enter_context(_native(directory, whole, streamed))
        if litellm:
            found.append(stack.enter_context(_litellm(directory, whole, streamed)))
        yield found


def _row(name: str, pid: int, port: int, model: str, stream_port: int | None = None) -> Row:
    return Row(name=name, pid=pid, port=port, model=model, stream_port=stream_port or port, stream_model=STREAMING)


@contextlib.contextmanager
def envoy(
    directory: Path, name: str, bootstrap: str, port: int, cpus: set[int], environ: dict[str, str] | None = None
) -> Iterator[int]:
    """One Envoy with one worker thread, so that requests per CPU-second compare."""
    config = directory / f"{name}.json"
    config.write_text(bootstrap)
    command = [
        str(envoy_binary.find(os.environ)),
        "-c",
        str(config),
        "--concurrency",
        "1",
        "--disable-hot-restart",
        "-l",
        "warning",
    ]
    with running(command, port, directory / f"{name}.log", cpus=cpus, environ=environ or {}, own_directory=True) as pid:
        yield pid


@contextlib.contextmanager
def _bare(directory: Path, whole: int, streamed: int) -> Iterator[Row]:
    port, stream_port = free_port(), free_port()
    bootstrap = envoys.bare({port: whole, stream_port: streamed})
    with envoy(directory, "bare", bootstrap, port, GATEWAY_CPUS) as pid:
        yield _row("bare Envoy hop", pid, port, PLAIN, stream_port)


def gateway_yaml(port: int, whole: int, streamed: int) -> str:
    return f"""\
version: v0.4.0
listeners:
  - type: model
    name: bench
    address: 127.0.0.1
    port: {port}
model_providers:
  - model: openai/{PLAIN}
    access_key: $BENCH_KEY
    base_url: http://127.0.0.1:{whole}
    default: true
  - model: openai/{STREAMING}
    access_key: $BENCH_KEY
    base_url: http://127.0.0.1:{streamed}
model_aliases:
  {ALIAS}:
    target: {PLAIN}
  {FAILOVER}:
    targets:
      - model: openai/{PLAIN}
      - model: openai/{STREAMING}
"""


@contextlib.contextmanager
def _native(directory: Path, whole: int, streamed: int) -> Iterator[list[Row]]:
    """This gateway: the YAML above through the control plane, nothing touched afterwards."""
    port = free_port()
    file = directory / "plano.yaml"
    file.write_text(gateway_yaml(port, whole, streamed))
    environ = {"BENCH_KEY": "sk-bench"}
    bootstrap = render(file, environ)
    with envoy(directory, "native", bootstrap, port, GATEWAY_CPUS, environ) as pid:
        names = {"plain model": PLAIN, "alias": ALIAS, "failover alias": FAILOVER}
        yield [_row(f"native path, {name}", pid, port, model) for name, model in names.items()]


def render(file: Path, environ: dict[str, str]) -> str:
    """The bootstrap `plano-cp render` prints for `file`. Raises RuntimeError with what it complains about."""
    command = [sys.executable, "-m", "control_plane.cli", "render", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environ})
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


@contextlib.contextmanager
def _litellm(directory: Path, whole: int, streamed: int) -> Iterator[Row]:
    port = free_port()
    config = directory / "litellm.yaml"
    config.write_text(f"""\
model_list:
  - model_name: {PLAIN}
    litellm_params: {{model: openai/{PLAIN}, api_base: "http://127.0.0.1:{whole}/v1", api_key: sk-bench}}
  - model_name: {STREAMING}
    litellm_params: {{model: openai/{STREAMING}, api_base: "http://127.0.0.1:{streamed}/v1", api_key: sk-bench}}
litellm_settings:
  telemetry: false
""")
    command = [str(_litellm_program()), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    environ = {
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",  # no row checks its caller
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
    }
    log = directory / "litellm.log"
    with running([*command, "--num_workers", "1"], port, log, cpus=GATEWAY_CPUS, environ=environ) as pid:
        yield _row("LiteLLM proxy", pid, port, PLAIN)


def _litellm_program() -> Path:
    """LiteLLM in an environment of its own, made on first use (this needs the package index)."""
    program = LITELLM_VENV / "bin" / "litellm"
    if not program.exists():
        print("installing LiteLLM into", LITELLM_VENV, "(once)", file=sys.stderr)
        shutil.rmtree(LITELLM_VENV, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", LITELLM_VENV], check=True)
        subprocess.run([LITELLM_VENV / "bin" / "pip", "install", "--quiet", LITELLM], check=True)
    return program
