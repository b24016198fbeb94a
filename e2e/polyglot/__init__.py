"""A fake provider that speaks the API of whatever path it is asked under, always meaning the same."""

from e2e.polyglot.provider import Polyglot

__all__ = ["Polyglot"]
