"""A transport to the fake server, in this process: it can hang, lose the connection and count."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from router_model.tests.fake_vllm import FakeVllm


@dataclass
class Carrier:
    """`trouble`: "" | "hang" | "lost". `hang_on` makes only the n-th request hang (from 0)."""

    fake: FakeVllm
    trouble: str = ""
    hang_on: int | None = None
    deadlines_s: list[float] = field(default_factory=list)
    cancelled: int = 0

    async def post(self, path: str, body: bytes, deadline_s: float) -> tuple[int, bytes]:
        self.deadlines_s.append(deadline_s)
        if self.trouble == "lost":
            raise ConnectionResetError("gone")
        if self.trouble == "hang" or self.hang_on == len(self.deadlines_s) - 1:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        return self.fake.answer("POST", path, body)
