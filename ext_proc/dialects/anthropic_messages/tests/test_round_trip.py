from __future__ import annotations

import copy
from typing import Any

import pytest

from ext_proc.chat.dialect import Asked, Model
from ext_proc.dialects.anthropic_messages import CLIENT, PROVIDER
from ext_proc.dialects.anthropic_messages.tests.bodies import BETAS, BODIES, SIMPLE

ASKED = Asked(path="/v1/messages", headers={"anthropic-beta": BETAS})


def round_trip(body: dict[str, Any]) -> dict[str, Any]:
    encoded = PROVIDER.encode_request(CLIENT.decode_request(body, ASKED), Model(id=body["model"]))
    assert encoded.dropped == ()
    return dict(encoded.body)


@pytest.mark.parametrize("name", BODIES)
def test_a_request_comes_out_as_it_went_in(name: str) -> None:
    body = copy.deepcopy(BODIES[name])
    assert round_trip(body) == BODIES[name]
    assert body == BODIES[name], "the client's own body is never changed"


def test_betas_go_to_the_provider_again() -> None:
    request = CLIENT.decode_request(SIMPLE, ASKED)
    assert PROVIDER.encode_request(request, Model(id="m")).headers == {"anthropic-beta": BETAS}
    plain = CLIENT.decode_request(SIMPLE, Asked(path="/v1/messages"))
    assert PROVIDER.encode_request(plain, Model(id="m")).headers == {}
