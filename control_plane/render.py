"""From a compiled configuration to the texts a user deploys: the bootstrap, the sidecar's runtime file, the parts.

Equal input gives equal bytes. No text holds a secret. Envoy's own libraries are imported only when called.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from control_plane.config import Config
from control_plane.deployment import Deployment
from control_plane.gateway import Gateway
from control_plane.quick_messages import unchecked
from control_plane.run import envoy_binary
from control_plane.run.errors import RunError

if TYPE_CHECKING:
    from control_plane.plan import Plan

_VALIDATION_TIMEOUT_S = 120
Json = Any


class CompiledPlan(Protocol):
    """The parts of `compile.Compiled` that rendering reads."""

    @property
    def config(self) -> Config | None: ...
    @property
    def plan(self) -> Plan | None: ...
    @property
    def gateway(self) -> Gateway | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The two texts a gateway is started from."""

    bootstrap: str
    runtime: str

    @property
    def parts(self) -> dict[str, str]:
        """The same split by kind of resource, file name -> text; made when asked for, since few ask."""
        return {**_parts(json.loads(self.bootstrap)), "runtime.json": self.runtime}


def render(compiled: CompiledPlan, deployment: Deployment) -> Rendered:
    """Raises ValueError when the configuration did not compile."""
    if compiled.gateway is None or compiled.config is None:
        raise ValueError("the configuration did not compile; show its problems instead of rendering it")
    from control_plane.runtime import runtime
    from schemas.runtime import dump

    dumped = dump(runtime(compiled.config, compiled.gateway, compiled.plan))
    return Rendered(bootstrap=bootstrap_text(compiled.gateway, deployment), runtime=dumped)


def bootstrap_text(gateway: Gateway, deployment: Deployment) -> str:
    """The bootstrap alone, as canonical JSON."""
    return _text(_plain(gateway, deployment))


def check(bootstrap: str, environ: Mapping[str, str]) -> str | None:
    """What Envoy says against a bootstrap; None when it accepts it or no Envoy is installed.

    `environ` holds the variables the bootstrap names; a value is only checked for being there, so any text will do.
    """
    inherited = {**os.environ, **environ}
    try:
        envoy = envoy_binary.find(inherited)
    except RunError as missing:
        return str(missing) if os.environ.get("PLANO_ENVOY") else None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "bootstrap.json")
        file.write_text(bootstrap, encoding="utf-8")
        command = [str(envoy), "--mode", "validate", "-c", str(file), "-l", "error", "--disable-hot-restart"]
        try:
            ended = subprocess.run(
                command, env=inherited, capture_output=True, text=True, timeout=_VALIDATION_TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            return f"{envoy} did not finish reading it within {_VALIDATION_TIMEOUT_S} s"
    return None if ended.returncode == 0 else (ended.stdout + ended.stderr).strip()


def _plain(gateway: Gateway, deployment: Deployment) -> dict[str, Any]:
    with unchecked():
        from control_plane.xds.bootstrap import bootstrap
        from control_plane.xds.render import to_plain

    with _uncollected():
        return to_plain(bootstrap(gateway, deployment))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nothing made here is garbage before the text is written, and looking for some takes a third of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _text(plain: Json) -> str:
    from control_plane.xds.render import to_text

    return to_text(plain)


def _parts(plain: dict[str, Any]) -> dict[str, str]:
    """One file per kind; routes apart from their listeners, because they are what one reads most."""
    rest = dict(plain)
    resources = rest.pop("static_resources")
    parts = {f"{kind}.json": _text(items) for kind, items in resources.items()}
    return {**parts, "routes.json": _text(_routes(resources)), "process.json": _text(rest)}


def _routes(resources: dict[str, Any]) -> list[Any]:
    chains = (chain for listener in resources.get("listeners", ()) for chain in listener["filter_chains"])
    managers = (network["typed_config"] for chain in chains for network in chain["filters"])
    return [manager["route_config"] for manager in managers]
