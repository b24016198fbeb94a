"""The router that runs inside the process: a small sentence encoder, and a judgement on the similarities it finds."""

from router_model.embedded.router import EmbeddedRouter

__all__ = ["EmbeddedRouter"]
