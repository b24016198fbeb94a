"""One YAML file -> everything known about it: document, environment, configuration, plan and problems.

The one door the commands use. A user's fault is never raised: it is in `problems`, and what follows from it is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from control_plane import document as documents
from control_plane import environment as environments
from control_plane import read
from control_plane.config import Config
from control_plane.document import Document
from control_plane.environment import Environment
from control_plane.gateway import Gateway
from control_plane.problems import ConfigError, Problems

if TYPE_CHECKING:
    from control_plane.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """Parts after a failure are None; `environment` is there even then. `plan` is `gateway` with what it was made
    from."""

    document: Document | None
    config: Config | None
    plan: Plan | None
    gateway: Gateway | None
    environment: Environment
    problems: Problems


def compile_file(path: Path, environ: Mapping[str, str]) -> Compiled:
    """The file at `path`; a `.env` beside it fills in what `environ` does not set."""
    return _compile(lambda: documents.load(path), path.parent, environ)


def compile_text(content: bytes, name: str, directory: Path, environ: Mapping[str, str]) -> Compiled:
    """The same for text; `name` is what problems call it, relative paths and `.env` are looked up in `directory`."""
    return _compile(lambda: documents.parse(content, name, directory), directory, environ)


def _compile(parse: Callable[[], Document], directory: Path, environ: Mapping[str, str]) -> Compiled:
    problems = Problems()
    environment, document = Environment(environ), None
    try:
        environment = environments.read(directory, environ)
        document = parse()
        config = read.config(document, environment, problems)
        made = _plan(config, problems)
    except ConfigError as error:
        problems.found.extend(p for p in error.problems if p not in problems.found)
        config, made = None, None
    return Compiled(
        document=document,
        config=config,
        plan=made,
        gateway=made.gateway if made else None,
        environment=environment,
        problems=problems,
    )


def _plan(config: Config | None, problems: Problems) -> Plan | None:
    if config is None:
        return None
    # Planning is the larger half of the code, and a faulty file never gets there.
    from control_plane import plan

    found = plan.plan(config, problems)
    return None if problems.errors else found
