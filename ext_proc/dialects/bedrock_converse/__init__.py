"""Amazon Bedrock's Converse API: /model/{id}/converse and converse-stream, for providers."""

from __future__ import annotations

from collections.abc import Mapping

from ext_proc.chat.answer import Answer
from ext_proc.chat.dialect import Encoded, Model, ProviderDialect, StreamDecoder
from ext_proc.chat.errors import ProviderError
from ext_proc.chat.parts import Plain
from ext_proc.chat.request import Request
from ext_proc.dialects.bedrock_converse import answer_in, errors, request_out
from ext_proc.dialects.bedrock_converse.stream_in import Decoder
from ext_proc.dialects.bedrock_converse.words import NAME

__all__ = ["PROVIDER"]


class _Converse:
    name = NAME
    media_type = "application/vnd.amazon.eventstream"

    def encode_request(self, request: Request, model: Model) -> Encoded:
        return request_out.encode_request(request, model)

    def decode_answer(self, body: Plain) -> Answer:
        return answer_in.decode_answer(body)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return errors.decode_error(status, headers, body)

    def stream_decoder(self) -> StreamDecoder:
        return Decoder()


PROVIDER: ProviderDialect = _Converse()
