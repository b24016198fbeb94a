"""The one exception of this package: something about running that the user can put right."""

from __future__ import annotations


class RunError(Exception):
    """Its text says what is wrong and what to do; never a secret."""
