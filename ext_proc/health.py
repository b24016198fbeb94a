"""Health by the standard protocol (grpc.health.v1): whether this worker could answer now."""

from __future__ import annotations

from ext_proc.http2.headers import Headers
from ext_proc.rpc import Write

PATH = "/grpc.health.v1.Health/Check"
_SERVING = b"\x08\x01"
_NOT_SERVING = b"\x08\x02"
"""HealthCheckResponse, whose field 1 is the status."""


class Health:
    """There is one service only, so its name in the question does not matter."""

    def __init__(self) -> None:
        self.serving = False

    async def check(self, _: Headers, message: bytes | None, write: Write) -> None:
        if message is not None:
            await write(_SERVING if self.serving else _NOT_SERVING)
