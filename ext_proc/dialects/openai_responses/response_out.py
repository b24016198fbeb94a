"""The response object around an answer's items.

In: the client's request, how the answer ended, its items. Out: the object of `response.created` and of the end, which
repeats the request's settings as the API does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ext_proc.chat.answer import Stop, Usage
from ext_proc.chat.dialect import Model, Saying
from ext_proc.chat.errors import ProviderError
from ext_proc.chat.parts import Plain
from ext_proc.chat.request import Request
from ext_proc.dialects.openai_responses.answer_in import KEPT
from ext_proc.dialects.openai_responses.errors import code_for_stream
from ext_proc.dialects.openai_responses.request_out import encode_request
from ext_proc.dialects.openai_responses.usage import write_usage
from ext_proc.dialects.openai_responses.words import NAME, TIERS

Item = dict[str, Any]
_ECHOED = (
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "previous_response_id",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "temperature",
    "top_p",
    "user",
)
_REASONS = {"length": "max_output_tokens", "context": "max_output_tokens", "pause": "max_output_tokens"}
_REASONS["content_filter"] = "content_filter"


@dataclass(slots=True)
class Head:
    """What every response object of one answer has."""

    id: str
    created_s: int
    settings: Plain
    rest: Plain = field(default_factory=dict)

    def response(self, status: str, output: list[Item]) -> Item:
        """Under way, or ended as `status` says."""
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created_s,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "output": output,
            "usage": None,
            **self.settings,
            **self.rest,
        }

    def ended(self, stop: Stop, output: list[Item], usage: Usage | None) -> Item:
        reason = incomplete_reason(stop, output)
        response = self.response("incomplete" if reason else "completed", output)
        response["incomplete_details"] = {"reason": reason} if reason else None
        response["usage"] = write_usage(usage) if usage is not None else None
        return response

    def failed(self, error: ProviderError, output: list[Item], usage: Usage | None) -> Item:
        response = self.response("failed", output)
        response["error"] = {"code": code_for_stream(error), "message": error.message}
        response["usage"] = write_usage(usage) if usage is not None else None
        return response


def head_of(saying: Saying, id: str, created_s: int | None, rest: Plain) -> Head:
    """An id that this API gave stays; any other would be none of it."""
    return Head(
        id=id if id.startswith("resp_") else f"resp_{saying.id}",
        created_s=saying.created_s if created_s is None else created_s,
        settings=_settings(saying.request, saying.model),
        rest={name: value for name, value in rest.items() if name in KEPT and _means_it(name, value)},
    )


def _means_it(name: str, value: object) -> bool:
    """Other APIs have other tiers."""
    return name != "service_tier" or value in TIERS


def incomplete_reason(stop: Stop, output: list[Item]) -> str:
    """The word for an answer that is not whole, "" for one that is. A refusal without words counts as filtered."""
    if stop.reason == "refusal" and not _refuses(output):
        return "content_filter"
    return _REASONS.get(stop.reason, "")


def _refuses(output: list[Item]) -> bool:
    messages = (item["content"] for item in output if item.get("type") == "message")
    return any(part["type"] == "refusal" for content in messages for part in content)


def _settings(request: Request, model: str) -> Item:
    """The request as this dialect writes it, with the API's defaults for what was not said."""
    body = encode_request(request, Model(id=model)).body if request.origin == NAME else {}
    text: Plain = body.get("text", {})
    return {
        "background": False,
        "completed_at": None,
        "model": model,
        **{name: body.get(name) for name in _ECHOED},
        "metadata": body.get("metadata", {}),
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "reasoning": {"effort": None, "summary": None, **body.get("reasoning", {})},
        "service_tier": body.get("service_tier", "default"),
        "store": False,
        "text": {"format": {"type": "text"}, **text},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools", []),
        "top_logprobs": body.get("top_logprobs", 0),
        "truncation": body.get("truncation", "disabled"),
    }
