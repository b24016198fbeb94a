"""A sidecar that decides nothing: python -m e2e.bench.trivial WAY KEY SOCKET

It reads the body and answers every question with KEY, so that what is measured is the exchange alone. WAY says how the
body reaches it (see `exchange.py`) and who speaks gRPC: the product's own server, or the gRPC library's.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import grpc.aio

from ext_proc import health, heap, rpc, server
from ext_proc.call import Call, Decided, Forward, Record
from ext_proc.exchange import Send
from ext_proc.wire import read, write
from schemas.decisions import Why
from schemas.wire import METHOD, SERVICE
from schemas.wire.ext_proc_pb2 import ProcessingRequest, ProcessingResponse

OWN, METADATA, DUPLEX, BUFFERED = "own", "metadata", "duplex", "buffered"
_RECORD = Record(listener="bench", why=Why.REQUESTED)
_NO_LIMIT = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


async def own(key: str, path: str) -> None:
    """The product's server, with nothing behind it."""
    heap.keep_what_is_freed()

    async def decide(_: Call, __: Callable[[float], Awaitable[None]]) -> Decided:
        return Decided(Forward(key), _RECORD)

    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(path)
    ready = health.Health()
    ready.decides(True)
    service = server.Service(decide, lambda record: None)
    await rpc.Server({server.PATH: service.process, **ready.handlers}).listen(bound)
    await asyncio.Event().wait()


async def library(way: str, key: str, path: str) -> None:
    """The gRPC library's server."""

    async def process(_: object, context: Any) -> None:
        await {METADATA: _at_once, DUPLEX: _after_pieces, BUFFERED: _after_body}[way](context, key)

    async def check(_: object, __: object) -> bytes:
        return b"\x08\x01"

    served = grpc.aio.server(options=_NO_LIMIT)
    exchange = grpc.stream_stream_rpc_method_handler(
        process,
        request_deserializer=ProcessingRequest.FromString,
        response_serializer=ProcessingResponse.SerializeToString,
    )
    served.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(SERVICE, {METHOD: exchange}),
            grpc.method_handlers_generic_handler(
                "grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(check)}
            ),
        )
    )
    served.add_insecure_port(f"unix:{path}")
    await served.start()
    await served.wait_for_termination()


def _decision(key: str) -> ProcessingResponse:
    return write(Send(Forward(key), _RECORD))


async def _at_once(context: Any, key: str) -> None:
    """One message each way: the body came along as metadata."""
    read(await context.read(), "bench")
    await context.write(_decision(key))


async def _after_pieces(context: Any, key: str) -> None:
    """The body in pieces, which must all be sent back."""
    await context.read()
    pieces: list[bytes] = []
    end = False
    while not end:
        piece = (await context.read()).request_body
        pieces.append(piece.body)
        end = piece.end_of_stream
    b"".join(pieces)
    await context.write(_decision(key))
    for number, data in enumerate(pieces, 1):
        echo = ProcessingResponse()
        streamed = echo.request_body.response.body_mutation.streamed_response
        streamed.body, streamed.end_of_stream = data, number == len(pieces)
        await context.write(echo)


async def _after_body(context: Any, key: str) -> None:
    """Two round trips; the stream stays open for as long as the answer takes."""
    await context.read()
    first = ProcessingResponse()
    first.request_headers.SetInParent()
    await context.write(first)
    (await context.read()).request_body.body  # noqa: B018 - to be had as bytes, as by the other ways
    second = ProcessingResponse()
    second.request_body.SetInParent()
    second.dynamic_metadata.CopyFrom(_decision(key).dynamic_metadata)
    await context.write(second)
    await context.read()


if __name__ == "__main__":
    chosen, answer, place = sys.argv[1:]
    asyncio.run(own(answer, place) if chosen == OWN else library(chosen, answer, place))
