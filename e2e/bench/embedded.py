"""How long the embedded router takes for one choice: a message of about 30 tokens, ten options, one core."""

from __future__ import annotations

import asyncio
import os
import time

from e2e.bench.measure import quantile
from e2e.bench.process import GATEWAY_CPUS
from router_model.choice import Option, Question, Turn
from router_model.embedded import EmbeddedRouter

_CHOICES = 200
_SUBJECTS = (
    "writing new code from a description",
    "finding and fixing errors in programs",
    "planning trips by train and plane",
    "live status of flights, gates and delays",
    "current weather and forecasts for any city",
    "questions about invoices and refunds",
    "translating texts between languages",
    "summarising long documents",
    "cooking recipes and meal plans",
    "questions about contracts and law",
)
_MESSAGE = (
    "My flight from Lisbon was cancelled this morning and I need another one to Zurich before noon, number {} of "
    "the queue told me to ask here"
)


def choice_ms() -> tuple[float, float]:
    """The median and the 99th percentile, every message a new one."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, GATEWAY_CPUS)
    try:
        took = asyncio.run(_choose())
    finally:
        os.sched_setaffinity(0, before)
    return quantile(took, 0.5), quantile(took, 0.99)


async def _choose() -> list[float]:
    router = EmbeddedRouter()
    options = tuple(Option(f"option{number}", text) for number, text in enumerate(_SUBJECTS))
    took = []
    for number in range(_CHOICES + 10):
        begin = time.perf_counter()
        await router.choose(Question((Turn("user", _MESSAGE.format(number)),), options), 60.0)
        took.append(time.perf_counter() - begin)
    router.close()
    return took[10:]
