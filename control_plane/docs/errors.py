"""docs/errors.md from the closed list in schemas/errors.py."""


def page() -> str:
    return ""
