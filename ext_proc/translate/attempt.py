"""One attempt that is translated: the page from Envoy's request to the answer.

In: a client's request, whole, with the account and the model Envoy chose for this attempt. Out: the answer in the
client's dialect, whole or as a stream. A failure before the first word is an error status, on which Envoy asks the next
provider with the client's own request; a later one is the client's dialect's error event.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from ext_proc.chat import whole
from ext_proc.chat.answer import Answer, Usage
from ext_proc.chat.dialect import Asked, ClientDialect, Encoded, Saying, StreamEncoder
from ext_proc.chat.errors import Garbled, Malformed, ProviderError, Unable
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.request import Request
from ext_proc.chat.whole import AnswerFailed
from ext_proc.conversation.body import read_body
from ext_proc.conversation.dialect import ConversationError
from ext_proc.http_calls import Answering, HttpCall
from ext_proc.ports import StreamedAnswer, Upstream, UpstreamError
from ext_proc.translate import failing, languages, models, needs, telling
from ext_proc.translate.calling import CallAttempt, Caller
from ext_proc.translate.calls import table
from ext_proc.translate.relay import Relay
from ext_proc.translate.targets import Target, Targets
from schemas import names

MAX_ANSWER_BYTES = 64 << 20
MAX_ERROR_BYTES = 1 << 20
_LONGEST_S = 24 * 3600.0
_MARGIN = 0.9
"""Envoy's own limit for silence cuts the connection; ours comes a little earlier and says so in the client's words."""


@dataclass(slots=True)
class _Attempt:
    """What one attempt knows, filled as it goes on."""

    asked: Asked
    client: ClientDialect
    target: Target
    model: str
    key: str
    idle_s: float | None
    began_s: float
    dropped: tuple[str, ...] = ()
    usage: Usage | None = None
    fault: str = ""
    status: int = 0


class Translator:
    """Serves the attempts of one worker."""

    def __init__(self, targets: Targets, upstream: Upstream) -> None:
        self._targets = targets
        self._upstream = upstream
        self._caller = Caller(upstream)

    async def serve(self, call: HttpCall, answering: Answering) -> None:
        """One attempt. Raises UnknownAccount where Envoy and the runtime file do not agree."""
        headers = _read_headers(call)
        if (beside := table.call_of(headers.get(":path", "").partition("?")[0])) is not None:
            return await self._caller.serve(call.body, self._read_beside(headers, beside), answering)
        attempt = _read_call(headers, self._targets)
        try:
            await self._serve(call.body, attempt, answering)
        finally:
            _note(attempt)

    def _read_beside(self, headers: Mapping[str, str], call: str) -> CallAttempt:
        model = headers.get(names.MODEL_HEADER, "")
        return CallAttempt(
            call=call,
            asked=_asked(headers),
            target=self._targets.find_call(headers.get(names.ACCOUNT_HEADER, ""), model, call),
            model=model,
            key=headers.get(names.KEY_HEADER, ""),
            idle_s=_idle_s(headers),
        )

    async def _serve(self, body: bytes, attempt: _Attempt, answering: Answering) -> None:
        try:
            request = _decoded(body, attempt)
            model = models.find(attempt.target.provider, attempt.model)
            needs.check(request, model, len(body))
            request, lowered = needs.fit(request, model)
            encoded = attempt.target.dialect.encode_request(request, needs.checked(model))
        except (Malformed, Unable) as error:
            return await _refuse(failing.of(error), attempt, answering, fails_over=isinstance(error, Unable))
        attempt.dropped = tuple(dict.fromkeys(each.at for each in (*encoded.dropped, *lowered)))
        said = Saying(id=secrets.token_hex(12), created_s=int(time.time()), model=request.model, request=request)
        try:
            async with self._call(attempt, request, encoded) as answer:
                await _answered(answer, attempt, said, answering)
        except AnswerFailed as failed:
            await _refuse(failed.error, attempt, answering)
        except (UpstreamError, Garbled, TimeoutError) as error:
            # Only before anything was said: what comes later is dealt with where it is heard.
            await _refuse(failing.of(error), attempt, answering)

    def _call(
        self, attempt: _Attempt, request: Request, encoded: Encoded
    ) -> AbstractAsyncContextManager[StreamedAnswer]:
        target = attempt.target
        return self._upstream.stream(
            target.outbound,
            "POST",
            target.stream_path if request.stream else target.path,
            headers=telling.to_provider(attempt.asked.headers, encoded.headers, attempt.key),
            body=dumps(encoded.body),
            deadline_s=_LONGEST_S,
        )


def _read_headers(call: HttpCall) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("utf-8", "replace") for name, value in call.headers.items()}


def _read_call(headers: Mapping[str, str], targets: Targets) -> _Attempt:
    asked = _asked(headers)
    model = headers.get(names.MODEL_HEADER, "")
    return _Attempt(
        asked=asked,
        client=languages.client(languages.of_path(asked.path)),
        target=targets.find(headers.get(names.ACCOUNT_HEADER, ""), model),
        model=model,
        key=headers.get(names.KEY_HEADER, ""),
        idle_s=_idle_s(headers),
        began_s=time.perf_counter(),
    )


def _asked(headers: Mapping[str, str]) -> Asked:
    path, _, query = headers.get(":path", "").partition("?")
    return Asked(path=path, query=_query(query), headers=headers)


def _idle_s(headers: Mapping[str, str]) -> float | None:
    idle = headers.get(names.IDLE_HEADER, "")
    return float(idle) * _MARGIN if idle else None


def _query(text: str) -> Mapping[str, str]:
    pairs = (part.partition("=") for part in text.split("&") if part)
    return {name: value for name, _, value in pairs}


def _decoded(body: bytes, attempt: _Attempt) -> Request:
    try:
        plain = read_body(body)
    except ConversationError as error:
        raise Malformed("", "the body is not one JSON object") from error
    return attempt.client.decode_request(plain, attempt.asked)


async def _answered(answer: StreamedAnswer, attempt: _Attempt, saying: Saying, answering: Answering) -> None:
    """The provider's answer, once its head is here."""
    if answer.status >= 400:
        return await _failed(answer, attempt, answering)
    streams = answer.headers.get("content-type", "").partition(";")[0].strip() == attempt.target.dialect.media_type
    if saying.request.stream and streams:
        return await _relayed(answer, attempt, saying, answering)
    found = await _whole(answer, attempt, streams=streams)
    attempt.usage = found.usage
    if saying.request.stream:
        encoder = attempt.client.stream_encoder(saying)
        data = b"".join(map(encoder.encode, whole.replay(found)))
        return await _say(200, _media_type(encoder, attempt), data, attempt, answering)
    return await _say(200, "application/json", dumps(attempt.client.encode_answer(found, saying)), attempt, answering)


async def _whole(answer: StreamedAnswer, attempt: _Attempt, *, streams: bool) -> Answer:
    """Raises Garbled, and AnswerFailed for an answer that says it failed."""
    body = await _read(answer, MAX_ANSWER_BYTES, attempt.idle_s)
    dialect = attempt.target.dialect
    if not streams:
        try:
            return dialect.decode_answer(read_body(body))
        except ConversationError as error:
            raise Garbled("the answer is not JSON") from error
    decoder = dialect.stream_decoder()
    return whole.collect([*decoder.feed(body), *decoder.flush()])


async def _read(answer: StreamedAnswer, limit_bytes: int, idle_s: float | None) -> bytes:
    received = bytearray()
    async for chunk in _patient(answer.chunks, idle_s):
        received += chunk
        if len(received) > limit_bytes:
            raise Garbled("the answer is larger than allowed")
    return bytes(received)


async def _patient(chunks: AsyncIterator[bytes], idle_s: float | None) -> AsyncIterator[bytes]:
    """The same chunks; raises TimeoutError where none comes for so long."""
    while True:
        async with asyncio.timeout(idle_s):
            try:
                chunk = await anext(chunks)
            except StopAsyncIteration:
                return
        yield chunk


async def _failed(answer: StreamedAnswer, attempt: _Attempt, answering: Answering) -> None:
    """The provider, or Envoy in its place, says no."""
    if names.LOCAL_HEADER in answer.headers:
        return await _refuse(failing.UNREACHABLE, attempt, answering)
    try:
        body = await _read(answer, MAX_ERROR_BYTES, attempt.idle_s)
    except (UpstreamError, Garbled, TimeoutError):
        body = b""
    error = attempt.target.dialect.decode_error(answer.status, answer.headers, body)
    await _refuse(error, attempt, answering, telling.of_refusal(answer.headers))


async def _relayed(answer: StreamedAnswer, attempt: _Attempt, saying: Saying, answering: Answering) -> None:
    """A stream for a stream. Nothing is said before the provider said something."""
    relay = Relay(attempt.target.dialect.stream_decoder(), attempt.client.stream_encoder(saying))
    held, begun = b"", False
    async for data in _pieces(answer, attempt, relay):
        held += data
        if not begun and relay.said:
            begun = True
            answering.begin(200, _head(_media_type(relay.encoder, attempt), attempt))
        if begun and held:
            await answering.write(held)
            held = b""
    attempt.usage = relay.usage
    if relay.failed is not None:
        attempt.fault = relay.failed.fault.value
        if not begun:
            return await _refuse(relay.failed, attempt, answering)
    attempt.status = 200
    answering.end(_trailers(attempt))


async def _pieces(answer: StreamedAnswer, attempt: _Attempt, relay: Relay) -> AsyncIterator[bytes]:
    """The client's bytes as they come; however the provider ends, the last of them is an end the client knows."""
    try:
        async for chunk in _patient(answer.chunks, attempt.idle_s):
            yield relay.feed(chunk)
            if relay.over:
                return
        yield relay.finish()
    except TimeoutError:
        yield relay.fail(failing.STALLED)
    except UpstreamError as error:
        yield relay.finish() if relay.over else relay.fail(failing.of(error))


async def _refuse(
    error: ProviderError,
    attempt: _Attempt,
    answering: Answering,
    back: Mapping[str, str] | None = None,
    *,
    fails_over: bool = False,
) -> None:
    attempt.fault = error.fault.value
    extra = {**(back or {}), **telling.fail_over(error, always=fails_over)}
    body = dumps(attempt.client.encode_error(error))
    await _say(error.status, "application/json", body, attempt, answering, extra)


async def _say(
    status: int,
    media_type: str,
    body: bytes,
    attempt: _Attempt,
    answering: Answering,
    extra: Mapping[str, str] | None = None,
) -> None:
    attempt.status = status
    pairs = [*_head(media_type, attempt), ("content-length", str(len(body))), *(extra or {}).items()]
    answering.begin(status, pairs)
    await answering.write(body)
    answering.end(_trailers(attempt))


def _media_type(encoder: StreamEncoder, attempt: _Attempt) -> str:
    """Gemini has two ways to stream."""
    return str(getattr(encoder, "media_type", attempt.client.media_type))


def _head(media_type: str, attempt: _Attempt) -> list[tuple[str, str]]:
    pairs = [("content-type", media_type), (names.TRANSLATED_HEADER, attempt.target.dialect.name)]
    if media_type == "text/event-stream":
        pairs.append(("cache-control", "no-cache"))
    return [*pairs, *telling.dropped(attempt.dropped).items()]


def _trailers(attempt: _Attempt) -> list[tuple[str, str]]:
    usage = attempt.usage or Usage()
    counts = {"input": usage.input, "cached": usage.cached, "output": usage.output, "reasoning": usage.reasoning}
    told = [(f"x-plano-usage-{name}", str(count)) for name, count in counts.items() if count is not None]
    return told or [("x-plano-usage", "unknown")]


def _note(attempt: _Attempt) -> None:
    """One line: what was translated, how it went."""
    usage = attempt.usage or Usage()
    fields: dict[str, object] = {
        "request_id": attempt.asked.headers.get("x-request-id"),
        "client": attempt.client.name,
        "provider": attempt.target.provider,
        "dialect": attempt.target.dialect.name,
        "model": attempt.model[:200],
        "status": attempt.status or None,
        "fault": attempt.fault or None,
        "input_tokens": usage.input,
        "cached_tokens": usage.cached,
        "output_tokens": usage.output,
        "reasoning_tokens": usage.reasoning,
        "total_ms": round((time.perf_counter() - attempt.began_s) * 1000, 3),
    }
    telling.note(fields, attempt.dropped)
