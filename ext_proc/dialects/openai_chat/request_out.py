"""A request written for a provider.

In: a `Request` of any dialect and the model. Out: the body of POST /v1/chat/completions and what was left out.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Encoded, Model
from ext_proc.chat.refused_rest import check_rest
from ext_proc.chat.request import Request
from ext_proc.dialects.openai_chat.losses import Losses
from ext_proc.dialects.openai_chat.settings_out import (
    write_limits,
    write_output,
    write_sampling,
    write_settings,
    write_stream,
)
from ext_proc.dialects.openai_chat.thinking_out import write_thinking
from ext_proc.dialects.openai_chat.tools_out import write_tools
from ext_proc.dialects.openai_chat.turns_out import write_messages
from ext_proc.dialects.openai_chat.words import NAME


def encode_request(request: Request, model: Model) -> Encoded:
    check_rest(request, NAME)
    losses = Losses(request, model)
    body: dict[str, Any] = {"model": model.id, "messages": write_messages(request, losses)}
    for write in (
        write_tools,
        write_limits,
        write_sampling,
        write_output,
        write_thinking,
        write_settings,
        write_stream,
    ):
        body |= write(request, losses)
    return Encoded(body=body, dropped=losses.dropped())
