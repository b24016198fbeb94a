"""A preference's models that cannot take the request are passed over; without any other the client reads why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from e2e.choosing import GPT, MINI, PREFERENCES, Stage, stage
from e2e.client import CHAT, Reply, call
from e2e.harness import free_port

BLIND = "deepseek/deepseek-v4-pro"
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    more = f"""
  - {{name: own, description: all that is mine, models: [{BLIND}, {GPT}]}}
"""
    nowhere = f'\n  - {{model: {BLIND}, access_key: $OPENAI_KEY, base_url: "http://127.0.0.1:{free_port()}"}}\n'
    with stage(PREFERENCES, more, providers=nowhere) as made:
        yield made


def ask(world: Stage, *content: Any, **more: Any) -> Reply:
    said = [{"role": "user", "content": [{"type": "text", "text": "that is mine"}, *content]}]
    return call(world.port, CHAT, {"model": MINI, "messages": said, **more})


def test_an_image_goes_past_a_model_of_words(running: Stage) -> None:
    running.reset()
    assert ask(running).status == 200
    assert running.decision(ask(running))["chosen"] == [BLIND, GPT]
    reply = ask(running, IMAGE)
    assert reply.status == 200
    assert running.decision(reply)["chosen"] == [GPT]


def test_without_another_model_the_client_reads_what_is_missing(running: Stage) -> None:
    running.reset()
    own = [{"name": "own", "description": "all that is mine", "models": [BLIND]}]
    reply = ask(running, IMAGE, routing_preferences=own)
    assert (reply.status, reply.error["code"]) == (422, "no_model_fits")
    for told in ("deepseek-v4-pro", "images", "messages[0].content[1]"):
        assert told in reply.error["message"]
    assert not running.seen()
