"""One attempt of a call beside chat: the page from Envoy's request to the answer.

In: a client's counting, embedding or ranking call, whole, with the account and the model Envoy chose. Out: the answer
in the client's words. A provider may have to be asked several times for one call: a few at once, and the first that
fails is the answer. Faults fail over as those of chat do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ext_proc.chat.answer import Usage
from ext_proc.chat.dialect import Asked, ClientDialect
from ext_proc.chat.errors import Garbled, Malformed, ProviderError, Unable
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.parts import Plain
from ext_proc.conversation.body import read_body
from ext_proc.conversation.dialect import ConversationError
from ext_proc.http_calls import Answering
from ext_proc.ports import Answer, Upstream, UpstreamError
from ext_proc.translate import failing, languages, telling
from ext_proc.translate.calls import table
from ext_proc.translate.calls.values import Heard, Sending, Told, Wanted
from ext_proc.translate.targets import CallTarget
from schemas import names

AT_ONCE = 4
_LONGEST_S = 3600.0


class _Refused(Exception):
    """The provider, or Envoy in its place, says no."""

    def __init__(self, error: ProviderError, back: Mapping[str, str]) -> None:
        super().__init__(error.fault.value)
        self.error = error
        self.back = back


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAttempt:
    """`call`: a word of `calls.table`; `key`: the caller's own, "" = none; `idle_s`: silence after which Envoy cuts."""

    call: str
    asked: Asked
    target: CallTarget
    model: str
    key: str
    idle_s: float | None

    @property
    def client(self) -> ClientDialect:
        return languages.client(table.CLIENTS[self.call])


@dataclass(slots=True)
class _Outcome:
    status: int
    body: Plain
    headers: dict[str, str]
    dropped: tuple[str, ...] = ()
    usage: Usage | None = None
    fault: str = ""


class Caller:
    """Serves the calls of one worker."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def serve(self, body: bytes, attempt: CallAttempt, answering: Answering) -> None:
        began_s = time.perf_counter()
        outcome = await self._outcome(body, attempt)
        _note(attempt, outcome, began_s)
        data = dumps(outcome.body)
        pairs = {
            "content-type": "application/json",
            names.TRANSLATED_HEADER: attempt.target.shape,
            **outcome.headers,
            **telling.dropped(outcome.dropped),
        }
        answering.begin(outcome.status, [*pairs.items(), ("content-length", str(len(data)))])
        await answering.write(data)
        answering.end(_trailers(outcome.usage))

    async def _outcome(self, body: bytes, attempt: CallAttempt) -> _Outcome:
        try:
            sending = _translated(body, attempt)
        except (Malformed, Unable) as error:
            return _failed(attempt, failing.of(error), fails_over=isinstance(error, Unable))
        try:
            told = sending.tell(await self._answers(sending, attempt))
        except _Refused as refused:
            return _failed(attempt, refused.error, refused.back)
        except (UpstreamError, Garbled) as error:
            return _failed(attempt, failing.of(error))
        return _answered(told, sending)

    async def _answers(self, sending: Sending, attempt: CallAttempt) -> Sequence[Heard]:
        """In order. The first failure ends the others."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(body: Plain) -> Heard:
            async with gate:
                return _heard(await self._ask(body, sending.headers, attempt), attempt)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(ask(body)) for body in sending.bodies]
        except* (_Refused, UpstreamError, Garbled) as several:
            raise _first(several) from None
        return [task.result() for task in tasks]

    async def _ask(self, body: Plain, more: Mapping[str, str], attempt: CallAttempt) -> Answer:
        return await self._upstream.call(
            attempt.target.outbound,
            "POST",
            attempt.target.path,
            headers=telling.to_provider(attempt.asked.headers, more, attempt.key),
            body=dumps(body),
            deadline_s=attempt.idle_s or _LONGEST_S,
        )


def _first(several: BaseExceptionGroup[Exception]) -> Exception:
    """An error of the group, however deep."""
    found = several.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


def _translated(body: bytes, attempt: CallAttempt) -> Sending:
    try:
        plain = read_body(body)
    except ConversationError as error:
        raise Malformed("", "the body is not one JSON object") from error
    wanted = Wanted(body=plain, asked=attempt.asked, call=attempt.call, model=attempt.model, chat=attempt.target.chat)
    return table.translator(attempt.target.shape)(wanted)


def _heard(answer: Answer, attempt: CallAttempt) -> Heard:
    if answer.status >= 400:
        raise _refused(answer, attempt)
    try:
        return Heard(body=read_body(answer.body), headers=answer.headers)
    except ConversationError as error:
        raise Garbled("the answer is not one JSON object") from error


def _refused(answer: Answer, attempt: CallAttempt) -> _Refused:
    if names.LOCAL_HEADER in answer.headers:
        return _Refused(failing.UNREACHABLE, {})
    error = table.error_reader(attempt.target.shape)(answer.status, answer.headers, answer.body)
    return _Refused(error, telling.of_refusal(answer.headers))


def _answered(told: Told, sending: Sending) -> _Outcome:
    headers = {names.ESTIMATED_HEADER: "true"} if told.estimated else {}
    return _Outcome(status=200, body=told.body, headers=headers, dropped=sending.dropped, usage=told.usage)


def _failed(
    attempt: CallAttempt, error: ProviderError, back: Mapping[str, str] | None = None, *, fails_over: bool = False
) -> _Outcome:
    headers = {**(back or {}), **telling.fail_over(error, always=fails_over)}
    body = attempt.client.encode_error(error)
    return _Outcome(status=error.status, body=body, headers=headers, fault=error.fault.value)


def _trailers(usage: Usage | None) -> list[tuple[str, str]]:
    if usage is None or usage.input is None:
        return [("x-plano-usage", "unknown")]
    return [("x-plano-usage-input", str(usage.input))]


def _note(attempt: CallAttempt, outcome: _Outcome, began_s: float) -> None:
    """One line: what was translated, how it went."""
    fields: dict[str, object] = {
        "request_id": attempt.asked.headers.get("x-request-id"),
        "client": attempt.client.name,
        "provider": attempt.target.provider,
        "shape": attempt.target.shape,
        "model": attempt.model[:200],
        "status": outcome.status,
        "fault": outcome.fault or None,
        "input_tokens": outcome.usage.input if outcome.usage else None,
        "total_ms": round((time.perf_counter() - began_s) * 1000, 3),
    }
    telling.note(fields, outcome.dropped)
