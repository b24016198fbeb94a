"""python -m control_plane.docs [--check]: write the generated pages, or say which are not current (exit code 1)."""

from __future__ import annotations

import sys

from control_plane.docs import ROOT, stale


def main(arguments: list[str]) -> int:
    found = stale()
    for path, text in found.items():
        if arguments == ["--check"]:
            print(f"{path}: not current; run `make docs` and commit the result")
        else:
            (ROOT / path).write_text(text, "utf-8")
            print(f"wrote {path}")
    return 1 if found and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
