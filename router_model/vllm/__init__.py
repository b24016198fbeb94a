"""The served router: a language model behind an OpenAI-compatible server, vLLM by preference, asked through a transport
that the caller brings. Nothing in here opens a socket."""

from router_model.vllm.asking import Settings
from router_model.vllm.router import ServedRouter
from router_model.vllm.transport import Transport

__all__ = ["ServedRouter", "Settings", "Transport"]
