"""Top-level members that hold content, not tuning: no other dialect's provider can be asked without them.

In: a request whose `rest` still has its client's own members. Never: a member dropped that says what the answer is
about. What is merely a knob is the encoders' matter.
"""

from __future__ import annotations

from ext_proc.chat.errors import Unable
from ext_proc.chat.request import Request

REFUSED = {
    "previous_response_id": "stored_conversations",
    "conversation": "stored_conversations",
    "prompt": "stored_conversations",
    "background": "background",
    "cachedContent": "stored_conversations",
    "cached_content": "stored_conversations",
    "continuationToken": "stored_conversations",
    "generationConfig.responseModalities": "content",
    "mcp_servers": "builtin_tools",
    "container": "stored_conversations",
    "audio": "audio",
}
"""Member -> the capability it needs. Responses: an answer, a conversation or a prompt kept by the provider, or a run
in the background; Gemini: a prompt or a half answer kept by the provider, an answer that is no text; Anthropic:
tools of its own servers, a kept container; chat: an answer in sound."""


def check_rest(request: Request, own: str) -> None:
    """Raises Unable where the request of another dialect than `own` has a member that only its own can honour. False or
    empty values ask for nothing."""
    if request.origin == own:
        return
    for name, value in request.rest.items():
        if value and (capability := REFUSED.get(name)):
            at = request.names.get(name, name)
            raise Unable(at, capability, f"{name} means something to providers of the {request.origin} API only")
