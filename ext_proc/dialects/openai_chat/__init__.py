"""OpenAI's chat API, /v1/chat/completions, and the servers that speak it: as the language of clients and providers."""

from __future__ import annotations

from collections.abc import Mapping

from ext_proc.chat.answer import Answer
from ext_proc.chat.dialect import Asked, ClientDialect, Encoded, Model, ProviderDialect, Saying
from ext_proc.chat.errors import ProviderError
from ext_proc.chat.parts import Plain
from ext_proc.chat.request import Request
from ext_proc.dialects.openai_chat import answer_in, answer_out, errors, request_in, request_out, stream_out
from ext_proc.dialects.openai_chat.stream_in import Decoder
from ext_proc.dialects.openai_chat.words import NAME


class _Client:
    name = NAME
    media_type = "text/event-stream"

    def decode_request(self, body: Plain, asked: Asked) -> Request:
        return request_in.decode_request(body, asked)

    def encode_answer(self, answer: Answer, saying: Saying) -> Plain:
        return answer_out.encode_answer(answer, saying)

    def encode_error(self, error: ProviderError) -> Plain:
        return errors.encode_error(error)

    def stream_encoder(self, saying: Saying) -> stream_out.Encoder:
        return stream_out.Encoder(saying)


class _Provider:
    name = NAME
    media_type = "text/event-stream"

    def encode_request(self, request: Request, model: Model) -> Encoded:
        return request_out.encode_request(request, model)

    def decode_answer(self, body: Plain) -> Answer:
        return answer_in.decode_answer(body)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return errors.decode_error(status, headers, body)

    def stream_decoder(self) -> Decoder:
        return Decoder()


CLIENT: ClientDialect = _Client()
PROVIDER: ProviderDialect = _Provider()
