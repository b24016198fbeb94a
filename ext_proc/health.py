"""Health by the standard protocol (grpc.health.v1): whether this worker, and its router, could answer now.

In: the name of a service. Out: its state, once (`Check`) or whenever it changes (`Watch`). "" is the worker as a whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from google.protobuf.message import DecodeError
from google.protobuf.wrappers_pb2 import StringValue

from ext_proc.http2.headers import Headers
from ext_proc.rpc import INVALID_ARGUMENT, NOT_FOUND, CallRefused, Handler, Write

CHECK = "/grpc.health.v1.Health/Check"
WATCH = "/grpc.health.v1.Health/Watch"
WHOLE, DECISIONS, ROUTER = "", "ext_proc", "router_model"
_SERVING, _NOT_SERVING, _SERVICE_UNKNOWN = b"\x08\x01", b"\x08\x02", b"\x08\x03"
"""HealthCheckResponse, whose field 1 is the status."""


class Health:
    """Nothing serves until told so."""

    def __init__(self) -> None:
        self._serving = {WHOLE: False, DECISIONS: False, ROUTER: False}
        self._changed = asyncio.Event()
        self._over = False

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {CHECK: self.check, WATCH: self.watch}

    def decides(self, serving: bool) -> None:
        self._tell(WHOLE, serving)
        self._tell(DECISIONS, serving)

    def router_answers(self, serving: bool) -> None:
        self._tell(ROUTER, serving)

    def end(self) -> None:
        """Nothing serves from now on; whoever watches is told so, once more."""
        for service in self._serving:
            self._serving[service] = False
        self._over = True
        self._wake()

    async def check(self, _: Headers, message: bytes | None, write: Write) -> None:
        if message is None:
            return
        state = self._state(_service(message))
        if state is _SERVICE_UNKNOWN:
            raise CallRefused(NOT_FOUND, "no such service")
        await write(state)

    async def watch(self, _: Headers, message: bytes | None, write: Write) -> None:
        if message is None:
            return
        service, told = _service(message), b""
        while True:
            changed, over = self._changed, self._over
            state = self._state(service)
            if state != told:
                await write(state)
                told = state
            elif over:
                return
            else:
                await changed.wait()

    def _state(self, service: str) -> bytes:
        serving = self._serving.get(service)
        return _SERVICE_UNKNOWN if serving is None else _SERVING if serving else _NOT_SERVING

    def _tell(self, service: str, serving: bool) -> None:
        if not self._over and self._serving[service] != serving:
            self._serving[service] = serving
            self._wake()

    def _wake(self) -> None:
        """A new event each time: who was not waiting just now looks at the state before it waits."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _service(message: bytes) -> str:
    """HealthCheckRequest holds one text in field 1, and so does this."""
    try:
        return StringValue.FromString(message).value
    except DecodeError:
        raise CallRefused(INVALID_ARGUMENT, "not a question about health") from None
