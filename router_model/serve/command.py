"""The command that serves a router model on one GPU. Pure: a plan in, words for a process out.

A router's load is its own: long prompts that begin alike, answers of one to a few tokens, every caller waiting. Each
flag below says which of that it is for.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

DEFAULT_MODEL = "katanemo/Plano-Orchestrator-4B"
CONTEXT_TOKENS = 8192
"""Plano's default for `orchestrator_model_context_length`: the gateway sends no more."""
SEQUENCES_MAX = 64
"""A decision is a few steps: more at once only make each of them later."""
MEMORY = 0.85
"""Of a GPU that serves nothing else; docs/router-models.md says what is enough beside another tenant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`memory`: the fraction of the GPU's memory for weights and cache together. `served_name` "": the model's own.
    `more` is passed on as it is."""

    model: str = DEFAULT_MODEL
    served_name: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    fp8: bool = False
    memory: float = MEMORY
    context_tokens: int = CONTEXT_TOKENS
    sequences_max: int = SEQUENCES_MAX
    more: tuple[str, ...] = ()


def words(plan: Plan) -> list[str]:
    command = ["vllm", "serve", plan.model]
    command += ["--served-model-name", plan.served_name or plan.model.rstrip("/").rpartition("/")[2]]
    command += ["--host", plan.host, "--port", str(plan.port)]
    command += ["--max-model-len", str(plan.context_tokens)]
    command += ["--gpu-memory-utilization", f"{plan.memory:.2f}"]
    command += ["--max-num-seqs", str(plan.sequences_max)]
    # Role and routes are computed once for all requests of a listener; only the conversation is new.
    command += ["--enable-prefix-caching"]
    # A long conversation arriving does not hold up decisions that are a token from done.
    command += ["--enable-chunked-prefill"]
    # Twenty log-probabilities a token are what the router reads; the model's own sampling defaults must not interfere.
    command += ["--max-logprobs", "20", "--generation-config", "vllm"]
    # Prompts are the callers' conversations.
    command += ["--no-enable-log-requests", "--disable-uvicorn-access-log"]
    # The cache stays in 16 bits: prompts are short, and the probabilities are what is read.
    command += ["--dtype", "bfloat16", *(["--quantization", "fp8"] if plan.fp8 else [])]
    return [*command, *plan.more]


def line(plan: Plan) -> str:
    """The command as one would type it."""
    return shlex.join(words(plan))
