"""Which bodies are worth asking about: the Lua's own check of UTF-8, against Python's, in the Envoy that runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from control_plane.xds.tests import lab
from control_plane.xds.tests.plans import cluster, decision, gateway, model_route, models, target

pytestmark = pytest.mark.skipif(lab.ENVOY is None, reason="no Envoy installed")

WRONG: tuple[bytes, ...] = (
    *(b"\xff", b"\x80", b"\xc3", b"\xc0\xaf", b"\xe0\x80\x80", b"\xe2\x82", b"\xed\xa0\x80"),
    *(b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf0\x9f\x98"),
)
RIGHT = tuple(text.encode() for text in ("a", "é", "€", "\ud7ff", "\ue000", "😀", "\U0010ffff"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Running]:
    """A listener that decides, whose sidecar is not there: what it would be asked about is refused for its absence."""
    folder = Path(tmp_path_factory.mktemp("s"))
    account = cluster("account", port=lab.free_port())
    plan = gateway(models(model_route("m", (target("account", "m", rewrite=False),))), account)
    plan = replace(plan, listeners=(replace(plan.listeners[0], decision=decision()),))
    with lab.running(plan, sidecar_sockets=(str(folder / "s.sock"),), internal_socket=str(folder / "i.sock")) as envoy:
        yield envoy


def status(envoy: lab.Running, text: bytes) -> int:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "TEXT"}]}).encode()
    sent = body.replace(b"TEXT", text)
    return envoy.call("POST", "/v1/chat/completions", sent, {"content-type": "application/json"}).status


@pytest.mark.parametrize("before", range(9))
@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.hex())
def test_what_is_no_utf8_is_no_json_wherever_it_stands(world: lab.Running, wrong: bytes, before: int) -> None:
    assert status(world, b"x" * before + wrong + b"y") == 400


@given(st.lists(st.sampled_from((*RIGHT, *WRONG, b"12345678")), max_size=20).map(b"".join))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_agrees_with_python(world: lab.Running, text: bytes) -> None:
    try:
        text.decode()
    except UnicodeDecodeError:
        assert status(world, text) == 400
    else:
        assert status(world, text) == 503
