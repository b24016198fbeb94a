"""`python -m e2e.fake --port N`: one fake provider as a program, for demos and benchmarks."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc

from e2e.fake.provider import Provider
from e2e.fake.recordings import by_request
from e2e.fake.script import DEFAULT, from_text


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m e2e.fake", description="A fake model provider on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one (default)")
    parser.add_argument("--always", default="", metavar="SCRIPT", help="how to answer, e.g. 'chunk=-1;gap_ms=20'")
    parser.add_argument("--keep", type=int, default=0, help="requests to remember (default 0: fastest)")
    options = parser.parse_args()
    always = from_text(options.always) if options.always else DEFAULT
    provider = Provider(options.port, keep=options.keep, always=always)
    by_request()  # read the recordings before saying that we are ready
    gc.freeze()
    print(f"fake provider on {provider.url}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(provider.serve())


if __name__ == "__main__":
    main()
