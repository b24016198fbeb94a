"""Workers start before Envoy does: that is no failure of a feed, and prices are there soon after Envoy is."""

from __future__ import annotations

from ext_proc.ports import UpstreamLate, UpstreamUnreachable
from ext_proc.preferences.sources import ENVOY_RETRY_S
from ext_proc.preferences.tests.test_sources import GOOD, Scripted, World, run


def test_a_feed_is_asked_soon_after_envoy_is_there():
    world = World(stop_after=4)
    refresher = world.refresher(Scripted(*[UpstreamUnreachable("x")] * 3, GOOD))
    run(refresher)
    assert world.slept == [ENVOY_RETRY_S] * 3 + [100.0]
    assert refresher.failures == 0
    assert [event for event, _ in world.events] == ["source_refreshed"]


def test_what_is_known_stays_while_envoy_is_away():
    world = World(stop_after=3)
    refresher = world.refresher(Scripted(GOOD, UpstreamUnreachable("x"), UpstreamLate("x")))
    run(refresher)
    assert "gpt" in refresher.table()
    assert world.slept == [100.0, ENVOY_RETRY_S, 5.0]
