"""Envoy's messages <-> events and commands; the only place that knows both sides.

In: a ProcessingRequest, a Command. Out: an Event, ProcessingResponses. Text of a body is never copied more than once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import assert_never

from google.protobuf.struct_pb2 import Struct, Value

from ext_proc.call import Attempt, Call, Forward, Rank, Record, Refuse, Reply
from ext_proc.exchange import Asked, Extend, Open, Pass, Send, Unexpected
from schemas import names
from schemas.wire.ext_proc_pb2 import (
    CommonResponse,
    HeaderMap,
    HeaderMutation,
    HeaderValue,
    HeaderValueOption,
    HttpHeaders,
    HttpStatus,
    ImmediateResponse,
    ProcessingRequest,
    ProcessingResponse,
    StreamedBodyResponse,
    StreamedImmediateResponse,
)

_BETWEEN = {"cookie": "; "}
"""What stands between the values of a header that comes several times; between those of all others, a comma."""
_REMEMBERED, _USUAL_BYTES = 512, 4096
_UNFIT = re.compile("[^ -~]")
_OVERWRITE = HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD


def read(message: ProcessingRequest, listener: str) -> Asked | Unexpected:
    """The question a message asks."""
    kind = message.WhichOneof("request")
    if kind != "request_headers":
        return Unexpected(f"a message of kind {kind}")
    asked = message.metadata_context.filter_metadata.get(names.REQUEST)
    if asked is None:
        return Unexpected("a question without a request")
    fields = asked.fields
    caller = message.metadata_context.filter_metadata.get(names.CALLER)
    return Asked(
        Call(
            listener=listener,
            path=fields["path"].string_value,
            model=fields["model"].string_value,
            body=fields["body"].string_value.encode(),
            headers=_headers(message.request_headers.headers),
            caller=caller.fields["kind"].string_value if caller is not None else "",
            caller_id=caller.fields["id"].string_value if caller is not None else "",
        )
    )


def _headers(headers: HeaderMap) -> Mapping[str, str]:
    """Envoy sends raw values; bytes that are no text are no header we read. A header that comes several times says
    what one with all its values would say."""
    found: dict[str, str] = {}
    for header in headers.headers:
        name, raw = header.key, header.raw_value
        value = raw.decode("utf-8", "replace") if raw else header.value
        found[name] = f"{found[name]}{_BETWEEN.get(name, ', ')}{value}" if name in found else value
    return found


def write(command: Send | Extend | Open | Pass) -> ProcessingResponse:
    """The message for Envoy that carries a command out."""
    match command:
        case Send():
            return _answer(command)
        case Extend(seconds):
            longer = ProcessingResponse()
            longer.override_message_timeout.FromMilliseconds(max(1, int(seconds * 1000)))
            return longer
        case Open(stream, record):
            return _head(record, stream.shows)
        case Pass(data, last):
            piece = StreamedBodyResponse(body=data, end_of_stream=last)
            return ProcessingResponse(streamed_immediate_response=StreamedImmediateResponse(body_response=piece))
        case _:
            assert_never(command)


def _answer(command: Send) -> ProcessingResponse:
    record = command.record
    match command.outcome:
        case Forward(key, body):
            return _go_on(record, key, body)
        case Rank(attempts, _, body):
            return _go_on(record, names.RANKED, body, attempts)
        case Refuse(code):
            return _go_on(record, names.REFUSED + code, None)
        case Reply():
            return _reply(command.outcome, record)
        case _:
            assert_never(command.outcome)


def _go_on(record: Record, key: str, body: bytes | None, attempts: tuple[Attempt, ...] = ()) -> ProcessingResponse:
    answer = ProcessingResponse.FromString(_usual(record, key, attempts))
    fields = answer.dynamic_metadata.fields[names.DECISION].struct_value.fields
    _tell_what_differs(fields, record)
    if body is not None:
        response = answer.request_headers.response
        response.status = CommonResponse.CONTINUE_AND_REPLACE
        response.header_mutation.remove_headers.append("content-length")
        response.body_mutation.body = body
        fields["bytes"].string_value = str(len(body))
    return answer


def _usual(record: Record, key: str, attempts: tuple[Attempt, ...]) -> bytes:
    """The part of an answer that is the same for many. To put it together takes several times as long as to read it."""
    which = (key, attempts, record.choice, record.why, record.agents, record.route, record.model, record.router)
    known = _known.get(which)
    if known is None:
        answer = ProcessingResponse()
        answer.request_headers.response.SetInParent()
        _tell_what_lasts(answer.dynamic_metadata, record, key)
        if attempts:
            _rank(answer.dynamic_metadata, attempts)
        known = answer.SerializeToString()
        # Names may come from requests: those of a usual length are kept, and not without end.
        if len(known) <= _USUAL_BYTES:
            if len(_known) >= _REMEMBERED:
                _known.clear()
            _known[which] = known
    return known


_known: dict[tuple[object, ...], bytes] = {}


def _tell(metadata: Struct, record: Record) -> None:
    """What Envoy logs, counts and traces by. Only text, and only what is known: an absent field is shown nowhere."""
    _tell_what_lasts(metadata, record, "")
    _tell_what_differs(metadata.fields[names.DECISION].struct_value.fields, record)


def _tell_what_lasts(metadata: Struct, record: Record, key: str) -> None:
    """`key` is what Envoy routes by."""
    fields = metadata.fields[names.DECISION].struct_value.fields
    if key:
        fields["key"].string_value = key
    fields["choice"].string_value = _sayable(record.choice) or "-"
    for name, value in _named(record).items():
        fields[name].string_value = value


def _tell_what_differs(fields: MutableMapping[str, Value], record: Record) -> None:
    """Between one request and the next."""
    fields["us"].string_value = str(round(record.total_ms * 1000))
    fields["ms"].string_value = f"{record.total_ms:.2f}"
    if record.confidence is not None:
        fields["confidence"].string_value = f"{record.confidence:.2f}"
    for name, fact in record.more.items():
        fields[name].string_value = _text(fact)


def _text(fact: str | float | bool) -> str:
    return str(fact).lower() if isinstance(fact, bool) else _sayable(str(fact))


def _sayable(text: str) -> str:
    """JSON of a client can hold halves of surrogate pairs, a string of this protocol cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _named(record: Record) -> dict[str, str]:
    texts = {
        "why": record.why.value,
        "agents": ",".join(record.agents),
        "route": _header(record.route),
        "model": _header(record.model),
        "router": record.router,
    }
    return {name: text for name, text in texts.items() if text}


def _header(text: str | None) -> str:
    """Names may come from a request: what no header can hold is replaced."""
    return _UNFIT.sub("?", (text or "")[:200])


def _rank(metadata: Struct, attempts: tuple[Attempt, ...]) -> None:
    fields = metadata.fields[names.DECISION].struct_value.fields
    fields["retries"].string_value = str(len(attempts) - 1)
    for attempt in attempts:
        fields["models"].list_value.values.add().string_value = _sayable(attempt.model)
    groups = metadata.fields[names.ATTEMPTS].struct_value.fields["priority_groups"].list_value
    for number, attempt in enumerate(attempts, 1):
        group = groups.values.add().struct_value.fields
        group["name"].string_value = str(number)
        weighted = group["clusters"].list_value.values.add().struct_value.fields
        weighted["cluster_name"].string_value = attempt.cluster
        weighted["weight"].number_value = 1


def _reply(reply: Reply, record: Record) -> ProcessingResponse:
    pairs = [("content-type", "application/json"), *_told(record, reply.shows)]
    immediate = ImmediateResponse(
        status=HttpStatus(code=reply.status),
        headers=HeaderMutation(set_headers=[_set(name, value) for name, value in pairs]),
        body=reply.body,
        details=f"plano_{record.why.value}",
    )
    answer = ProcessingResponse(immediate_response=immediate)
    _tell(answer.dynamic_metadata, record)
    return answer


def _set(name: str, value: str) -> HeaderValueOption:
    return HeaderValueOption(header=HeaderValue(key=name, raw_value=value.encode()), append_action=_OVERWRITE)


def _told(record: Record, shows: bool) -> list[tuple[str, str]]:
    """The decision as headers: on answers made here no route adds them."""
    if not shows:
        return []
    sure = {} if record.confidence is None else {"confidence": f"{record.confidence:.2f}"}
    return [(f"x-plano-{name}", value) for name, value in {**_named(record), **sure}.items()]


def _head(record: Record, shows: bool) -> ProcessingResponse:
    pairs = (
        (":status", "200"),
        ("content-type", "text/event-stream"),
        ("cache-control", "no-cache"),
        *_told(record, shows),
    )
    headers = HeaderMap(headers=[HeaderValue(key=name, raw_value=value.encode()) for name, value in pairs])
    head = StreamedImmediateResponse(headers_response=HttpHeaders(headers=headers))
    answer = ProcessingResponse(streamed_immediate_response=head)
    _tell(answer.dynamic_metadata, record)
    return answer
