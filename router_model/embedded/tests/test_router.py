"""The router as its callers see it: deadlines, caching, odd input. A counting encoder stands in for the model."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from router_model.choice import Option, Question, RouterLate, Turn
from router_model.embedded import EmbeddedRouter
from router_model.embedded.options import OptionCache

OPTIONS = (Option("weather", "weather forecasts"), Option("flights", "flight status and delays"))


class CountingEncoder:
    """Vectors made of the text's words, so that texts that share words are near each other."""

    size = 64

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.gate: Event | None = None

    def encode(self, text):
        if self.gate is not None:
            self.gate.wait(10)
        self.texts.append(text)
        vector = np.full(self.size, 1e-3, dtype=np.float32)
        for word in text.lower().split():
            vector[hashlib.sha256(word.encode()).digest()[0] % self.size] += 1
        return vector / np.linalg.norm(vector)


@pytest.fixture
def encoder():
    return CountingEncoder()


@pytest.fixture
def router(encoder):
    router = EmbeddedRouter(encoder=encoder)
    yield router
    router.close()


def choose(router, text, options=OPTIONS, *, deadline_s=10.0, several=False):
    question = Question((Turn("user", text),), options, several)
    return asyncio.run(router.choose(question, deadline_s))


def test_every_option_has_a_score_best_first(router):
    choice = choose(router, "weather forecasts please")
    assert {score.name for score in choice.scores} == {"weather", "flights"}
    assert choice.scores[0].probability >= choice.scores[1].probability
    assert choice.router == router.version
    assert choice.prompt == ""


def test_options_are_encoded_once_and_again_when_their_words_change(router, encoder):
    choose(router, "weather forecasts please")
    before = len(encoder.texts)
    choose(router, "something else entirely")
    assert encoder.texts[before:] == ["something else entirely"]
    changed = (OPTIONS[0], Option("flights", "trains"))
    choose(router, "something else entirely", changed)
    assert "trains" in encoder.texts
    assert encoder.texts.count("weather forecasts") == 1


def test_no_time_left_is_late_at_once(router, encoder):
    with pytest.raises(RouterLate):
        choose(router, "weather", deadline_s=0.0)
    assert encoder.texts == []


def test_a_slow_encoder_is_late_and_the_abandoned_work_stops(router, encoder):
    encoder.gate = Event()
    with pytest.raises(RouterLate):
        choose(router, "weather", deadline_s=0.02)
    encoder.gate.set()
    router.close()
    assert len(encoder.texts) <= 2, "work nobody waits for goes on"


def test_the_event_loop_stays_free(router, encoder):
    encoder.gate = Event()

    async def both():
        waiting = asyncio.ensure_future(router.choose(Question((Turn("user", "weather"),), OPTIONS), 10))
        await asyncio.sleep(0)
        encoder.gate.set()
        return await waiting

    assert asyncio.run(both()).scores


@pytest.mark.parametrize("conversation", [(), (Turn("user", ""),), (Turn("user", " \n\t "),), (Turn("user", "?!"),)])
def test_nothing_asked_is_none(router, conversation):
    choice = asyncio.run(router.choose(Question(conversation, OPTIONS), 10))
    assert choice.chosen == ()
    assert choice.confidence == 1.0


def test_no_options_is_none(router):
    assert choose(router, "weather", ()).chosen == ()


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "weather " * 13_000, "天気はどうですか" * 5000, "🙂" * 20_000, "a, and " * 20_000]
)
def test_huge_messages_cost_a_bounded_number_of_short_runs(router, encoder, text):
    choose(router, "warm up")
    before = len(encoder.texts)
    choose(router, text, several=True)
    assert len(encoder.texts) - before <= 12
    assert max(len(text) for text in encoder.texts) < 5000


@pytest.mark.parametrize(("threshold", "chosen"), [(0.0, 1), (1.0, 0)])
def test_a_threshold_of_ones_own_decides(encoder, threshold, chosen):
    router = EmbeddedRouter(encoder=encoder, threshold=threshold)
    choice = choose(router, "weather forecasts please")
    assert (len(choice.chosen), choice.threshold) == (chosen, threshold)
    router.close()


def test_only_so_much_is_kept_of_options_that_requests_bring_along(encoder):
    cache = OptionCache(encoder, limit_rows=4)
    option = Option("weather", "weather forecasts", ("will it rain", "is it cold"))
    cache.vectors(option)
    runs = len(encoder.texts)
    cache.vectors(replace(option))
    assert len(encoder.texts) == runs
    cache.vectors(Option("flights", "flight status", ("is it late",)))
    assert cache.rows == 2
    cache.vectors(option)
    assert len(encoder.texts) > runs + 3


def test_an_option_larger_than_all_that_is_kept_is_still_compared(encoder):
    cache = OptionCache(encoder, limit_rows=2)
    vectors = cache.vectors(Option("weather", "weather forecasts", ("will it rain", "is it cold")))
    assert (vectors.rows, cache.rows) == (3, 0)


def test_options_never_seen_do_not_hold_up_those_that_are_kept():
    """A request that brings a hundred options of its own is read beside the others, not before them."""
    encoder = StuckOnExamples()
    router = EmbeddedRouter(encoder=encoder)
    router.keep(OPTIONS)
    strange = (Option("own", "something else", ("stuck",)),)

    async def both():
        slow = asyncio.create_task(router.choose(Question((Turn("user", "hm"),), strange), 10.0))
        while not encoder.stuck.is_set():
            await asyncio.sleep(0.001)
        quick = await router.choose(Question((Turn("user", "weather forecasts please"),), OPTIONS), 10.0)
        encoder.release.set()
        return quick, await slow

    quick, slow = asyncio.run(both())
    assert quick.scores[0].name == "weather"
    assert [score.name for score in slow.scores] == ["own"]
    router.close()


class StuckOnExamples(CountingEncoder):
    """Waits at the text "stuck" until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck, self.release = Event(), Event()

    def encode(self, text):
        if text == "stuck":
            self.stuck.set()
            self.release.wait(10)
        return super().encode(text)


def test_reading_options_ends_with_the_deadline(encoder):
    """Between any two texts, not only between options."""
    ends = OptionCache(encoder)
    asked = []

    def keep_going():
        asked.append(1)
        if len(asked) > 5:
            raise RouterLate("late")

    with pytest.raises(RouterLate):
        ends.vectors(Option("own", "", tuple(f"example {n}" for n in range(40))), keep_going)
    assert len(encoder.texts) == 5


def test_pinned_options_outlast_what_requests_bring_along(encoder):
    cache = OptionCache(encoder, limit_rows=2)
    cache.pin(OPTIONS[0])
    for number in range(20):
        cache.vectors(Option(f"own{number}", "something"))
    assert cache.knows(OPTIONS[0])
