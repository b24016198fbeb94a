"""`python -m ext_proc`: one worker of the sidecar."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from ext_proc import heap, log
from ext_proc.worker import Places, work
from schemas.runtime import RuntimeFileError


@click.command(help="Serve decisions to Envoy from RUNTIME, the file `plano-cp render` writes beside the bootstrap.")
@click.argument("runtime", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--socket", type=click.Path(path_type=Path), required=True, help="Where Envoy asks.")
@click.option("--upstream", type=click.Path(path_type=Path), required=True, help="Envoy's internal listener.")
@click.option("--sessions", type=click.Path(path_type=Path), help="A file that all workers remember conversations in.")
@click.option("--drain-time", type=click.FloatRange(0), default=30.0, show_default=True, help="Seconds when stopping.")
@click.option("--log-level", type=click.Choice(("info", "warning", "error")), default="info", show_default=True)
def main(runtime: Path, socket: Path, upstream: Path, sessions: Path | None, drain_time: float, log_level: str) -> None:
    """See the help text."""
    log.set_up(log_level)
    heap.keep_what_is_freed()
    places = Places(runtime=runtime, socket=socket, upstream=upstream, sessions=sessions, drain_s=drain_time)
    try:
        asyncio.run(work(places))
    except (OSError, RuntimeFileError) as error:
        print(f"ext_proc: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
