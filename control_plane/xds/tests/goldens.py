"""The goldens: `python -m control_plane.xds.tests.goldens --write` rewrites them all and deletes stale ones."""

from __future__ import annotations

import sys
from pathlib import Path

from control_plane.deployment import Deployment
from control_plane.render import bootstrap_text
from control_plane.xds.tests import features

FOLDER = Path(__file__).parent / "goldens"


def rendered() -> dict[str, str]:
    return {name: bootstrap_text(plan(), Deployment()) for name, plan in features.ALL.items()}


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.glob("*.json"):
        stale.unlink()
    for name, text in rendered().items():
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m control_plane.xds.tests.goldens --write")
    write()
