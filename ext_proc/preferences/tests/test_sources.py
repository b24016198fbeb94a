"""Feeds are refreshed, and a feed that fails takes nothing away."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest

from ext_proc.ports import Answer, UpstreamLate
from ext_proc.preferences.prices import Price
from ext_proc.preferences.sources import CALL_S, Refresher, latency_parser, price_parser
from schemas.runtime import Source

SOURCE = Source(
    kind="cost",
    format="models.dev",
    outbound="source/cost",
    path="/api.json?x=1",
    refresh_s=100.0,
    aliases={"openai/gpt": "best", "nothing/here": "lost"},
)
GOOD = Answer(200, {}, json.dumps({"openai": {"models": {"gpt": {"cost": {"input": 1, "output": 2}}}}}).encode())
WORSE = Answer(200, {}, GOOD.body.replace(b"2", b"3"))


class Scripted:
    """An upstream that gives these answers in turn; an exception among them is raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = []

    async def call(self, outbound, method, path, *, headers, body, deadline_s):
        self.calls.append((outbound, method, path, deadline_s))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stream(self, *arguments, **named):
        raise AssertionError("feeds are not streamed")


class World:
    """A clock that moves only in `sleep`, and a log."""

    def __init__(self, stop_after=1):
        self.now_s, self.slept, self.events, self.stop_after = 1000.0, [], [], stop_after

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now_s += seconds
        if len(self.slept) >= self.stop_after:
            raise asyncio.CancelledError

    def log(self, event, fields):
        self.events.append((event, dict(fields)))

    def refresher(self, upstream, chance=0.5, source=SOURCE):
        return Refresher(
            source,
            price_parser(source.format),
            upstream,
            lambda: self.now_s,
            self.log,
            sleep=self.sleep,
            chance=lambda: chance,
        )


def run(refresher):
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(refresher.run())


def test_the_first_refresh_is_at_once_and_the_next_after_the_interval():
    world, upstream = World(stop_after=2), Scripted(GOOD, WORSE)
    refresher = world.refresher(upstream)
    assert refresher.table() == {}
    assert refresher.age_s() is None
    run(refresher)
    assert upstream.calls == [("source/cost", "GET", "/api.json?x=1", CALL_S)] * 2
    assert world.slept == [100.0, 100.0]
    assert refresher.table()["gpt"] == Price(1, 3)
    assert refresher.age_s() == 100.0


def test_names_of_the_configuration_are_added():
    refresher = World().refresher(Scripted(GOOD))
    run(refresher)
    assert set(refresher.table()) == {"openai/gpt", "gpt", "best"}


@pytest.mark.parametrize(
    ("failure", "error", "what"),
    [
        (UpstreamLate("no answer"), "UpstreamLate", ""),
        (Answer(503, {}, b"secret-body"), "FeedError", "the answer has status 503"),
        (Answer(200, {}, b"secret-body"), "FeedError", "the answer is not JSON"),
        (Answer(200, {}, b'{"secret-body": {}}'), "FeedError", "the catalogue has no prices"),
    ],
)
def test_a_failure_keeps_the_table_and_is_logged_with_its_age(failure, error, what):
    world = World(stop_after=2)
    refresher = world.refresher(Scripted(GOOD, failure))
    run(refresher)
    assert refresher.table()["gpt"] == Price(1, 2)
    assert refresher.failures == 1
    event, fields = world.events[-1]
    assert event == "source_failed"
    assert (fields["error"], fields["what"], fields["failures"]) == (error, what, 1)
    assert (fields["age_s"], fields["models"]) == (100.0, 3)
    assert "secret" not in str(world.events)


def test_after_failures_it_tries_sooner_but_backs_off_up_to_the_interval():
    world = World(stop_after=8)
    run(world.refresher(Scripted(*[UpstreamLate("x")] * 7, GOOD)))
    assert world.slept == [5.0, 10.0, 20.0, 40.0, 80.0, 100.0, 100.0, 100.0]


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 90.0), (1.0, 110.0)])
def test_refreshes_of_many_gateways_spread(chance, pause):
    world = World()
    run(world.refresher(Scripted(GOOD), chance))
    assert world.slept == [pytest.approx(pause)]


@pytest.mark.parametrize(("refresh_s", "pause_s"), [(0.0, 3600.0), (-1.0, 3600.0), (0.1, 5.0)])
def test_no_interval_makes_a_source_ask_all_the_time(refresh_s, pause_s):
    world = World()
    run(world.refresher(Scripted(GOOD), source=dataclasses.replace(SOURCE, refresh_s=refresh_s)))
    assert world.slept == [pause_s]


def test_latencies_come_from_prometheus():
    body = (
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{"model_name":"m"},"value":[1,"2"]}]}}'
    )
    assert latency_parser("prometheus")(body) == {"m": 2.0}


@pytest.mark.parametrize("make", [price_parser, latency_parser])
def test_a_format_nobody_knows_is_refused_at_start(make):
    with pytest.raises(ValueError, match="called csv"):
        make("csv")
