"""A transport to the fake server, in this process: it can hang, lose the connection and count."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from router_model.tests.fake_vllm import FakeVllm


@dataclass
class Carrier:
    """`trouble`: "" | "hang" | "lost". `lose`: the connection is lost under requests that contain this."""

    fake: FakeVllm
    trouble: str = ""
    lose: bytes | None = None
    deadlines_s: list[float] = field(default_factory=list)
    cancelled: int = 0

    async def post(self, path: str, body: bytes, deadline_s: float) -> tuple[int, bytes]:
        self.deadlines_s.append(deadline_s)
        if self.trouble == "lost" or (self.lose and self.lose in body):
            raise ConnectionResetError("gone")
        if self.trouble == "hang":
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        return self.fake.answer("POST", path, body)
