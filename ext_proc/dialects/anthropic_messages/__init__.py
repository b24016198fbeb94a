"""Anthropic's Messages API: /v1/messages, for clients and for providers, and the answer of its count of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.chat.answer import Answer
from ext_proc.chat.dialect import (
    Asked,
    ClientDialect,
    Encoded,
    Model,
    ProviderDialect,
    Saying,
    StreamDecoder,
    StreamEncoder,
)
from ext_proc.chat.errors import ProviderError
from ext_proc.chat.parts import Plain
from ext_proc.chat.request import Request
from ext_proc.dialects.anthropic_messages import answer_in, answer_out, errors, request_in, request_out
from ext_proc.dialects.anthropic_messages.stream_in import Decoder
from ext_proc.dialects.anthropic_messages.stream_out import Encoder
from ext_proc.dialects.anthropic_messages.usage import write_count as encode_count
from ext_proc.dialects.anthropic_messages.words import NAME

__all__ = ["CLIENT", "PROVIDER", "encode_count"]


class _Messages:
    """Both sides of the dialect."""

    name = NAME
    media_type = "text/event-stream"

    def decode_request(self, body: Plain, asked: Asked) -> Request:
        return request_in.decode_request(body, asked)

    def encode_request(self, request: Request, model: Model) -> Encoded:
        return request_out.encode_request(request, model)

    def decode_answer(self, body: Plain) -> Answer:
        return answer_in.decode_answer(body)

    def encode_answer(self, answer: Answer, saying: Saying) -> dict[str, Any]:
        return answer_out.encode_answer(answer, saying)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return errors.decode_error(status, headers, body)

    def encode_error(self, error: ProviderError) -> dict[str, Any]:
        return errors.encode_error(error)

    def stream_decoder(self) -> StreamDecoder:
        return Decoder()

    def stream_encoder(self, saying: Saying) -> StreamEncoder:
        return Encoder(saying)


CLIENT: ClientDialect = _Messages()
PROVIDER: ProviderDialect = _Messages()
