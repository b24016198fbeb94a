"""`python -m router_model.serve`: becomes a vLLM server for the router model, or with --dry-run prints the command.

Exit 2: something is missing that the reader can put right.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence

from router_model.serve.command import CONTEXT_TOKENS, DEFAULT_MODEL, MEMORY, SEQUENCES_MAX, Plan, line, words

MISSING = """vllm: not found on the PATH.
It is not part of this package: install it where the GPU is, in an environment of its own
  python3 -m venv ~/vllm && ~/vllm/bin/pip install vllm && PATH=~/vllm/bin:$PATH python -m router_model.serve
or run the printed command of `--dry-run` in the image vllm/vllm-openai."""


def parser() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(prog="python -m router_model.serve", description=__doc__.partition("\n")[0])
    flags.add_argument("--model", default=DEFAULT_MODEL, help="name on the hub, or a folder (default: %(default)s)")
    flags.add_argument("--name", default="", help="what the gateway calls it (default: the model's last part)")
    flags.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    flags.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    flags.add_argument("--fp8", action="store_true", help="weights in 8 bits, on GPUs that know FP8")
    flags.add_argument("--memory", type=_fraction, default=MEMORY, help="fraction of the GPU's memory (%(default)s)")
    flags.add_argument("--context", type=int, default=CONTEXT_TOKENS, help="tokens of prompt and answer (%(default)s)")
    flags.add_argument("--sequences", type=int, default=SEQUENCES_MAX, help="requests at once (default: %(default)s)")
    flags.add_argument("--dry-run", action="store_true", help="print the command and stop")
    flags.add_argument("more", nargs="*", help="after --: passed on to vllm as it is")
    return flags


def main(arguments: Sequence[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    plan = Plan(
        model=given.model,
        served_name=given.name,
        host=given.host,
        port=given.port,
        fp8=given.fp8,
        memory=given.memory,
        context_tokens=given.context,
        sequences_max=given.sequences,
        more=tuple(given.more),
    )
    if given.dry_run:
        print(line(plan))
        return 0
    program = shutil.which("vllm")
    if program is None:
        print(MISSING, file=sys.stderr)
        return 2
    os.execv(program, words(plan))


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError("must be above 0 and at most 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
