"""A served router examined: is it there, is it quick, does it answer as the embedded one does.

In: how to reach it and questions. Out: a report, or why nothing answers. Question texts stay here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from ext_proc import conversation
from ext_proc.offline import choosers
from ext_proc.offline.direct import DirectUpstream, Server
from ext_proc.ports import UpstreamError, UpstreamLate
from ext_proc.routers import EnvoyTransport
from router_model import doctor
from router_model.cascade import word
from router_model.choice import Option, Question, Router, RouterError
from router_model.embedded import EmbeddedRouter
from router_model.vllm.asking import Settings
from router_model.vllm.router import ServedRouter
from schemas.names import ROUTER_OUTBOUND

LOOK_S = 3.0


@dataclass(frozen=True, slots=True)
class Sample:
    """A request to choose for. `expected` None: nobody said what is right."""

    path: str
    body: Mapping[str, object]
    expected: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What to ask of whom. `rounds`: how often each question is asked. Without a server the embedded router is
    examined."""

    settings: Settings | None
    server: Server | None
    options: tuple[Option, ...]
    several: bool
    samples: tuple[Sample, ...]
    deadline_s: float
    rounds: int = 1
    at_once: int = 1


async def measure(asked: Examination) -> dict[str, object]:
    """{report, text} where it answers, else {unreachable: word, serves: names or None}. Raises OSError where the
    embedded router's weights are missing."""
    embedded = EmbeddedRouter()
    try:
        if asked.server is None or asked.settings is None:
            return _told(await _examine(asked, embedded, None, None))
        async with DirectUpstream(asked.server) as upstream:
            served = ServedRouter(asked.settings, EnvoyTransport(upstream, ROUTER_OUTBOUND))
            trouble = await _trouble(served, asked)
            if trouble:
                return {"unreachable": trouble, "serves": await _serves(upstream)}
            return _told(await _examine(asked, served, embedded, upstream))
    finally:
        embedded.close()


async def _trouble(served: Router, asked: Examination) -> str:
    """Why the first question is not answered, however long it may take; "" where it is."""
    first = _question(asked, asked.samples[0])
    try:
        await served.choose(first, choosers.WARM_UP_S)
    except RouterError as failure:
        return word(failure)
    return ""


async def _serves(upstream: DirectUpstream) -> list[str] | None:
    """The models the server says it has; None where it does not say."""
    try:
        answer = await upstream.look("/v1/models", LOOK_S)
        return [str(model["id"]) for model in json.loads(answer.body)["data"]]
    except (UpstreamError, ValueError, KeyError, TypeError):
        return None


async def _examine(
    asked: Examination, router: Router, reference: Router | None, upstream: DirectUpstream | None
) -> doctor.Report:
    samples: Sequence[Sample] = asked.samples * asked.rounds
    expected = [sample.expected for sample in samples]

    async def scrape() -> str:
        assert upstream is not None
        try:
            answer = await upstream.look("/metrics", LOOK_S)
        except UpstreamLate as error:
            raise TimeoutError from error
        except UpstreamError as error:
            raise OSError("the server's metrics cannot be read") from error
        return answer.body.decode("utf-8", "replace") if answer.status == 200 else ""

    return await doctor.examine(
        router,
        reference,
        [_question(asked, sample) for sample in samples],
        expected=[each for each in expected if each is not None] if None not in expected else None,
        scrape=scrape if upstream else None,
        deadline_s=asked.deadline_s,
        at_once=asked.at_once,
    )


def _question(asked: Examination, sample: Sample) -> Question:
    return Question(conversation.turns(sample.path, sample.body), asked.options, asked.several)


def _told(report: doctor.Report) -> dict[str, object]:
    return {"report": asdict(report), "text": doctor.render(report)}
