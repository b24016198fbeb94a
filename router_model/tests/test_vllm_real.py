"""The served router against a real vLLM server: that the fields we send are the ones it knows, and read what it sends.

Skipped unless VLLM_URL names a server (http only, e.g. http://127.0.0.1:8000) with any small instruction-tuned model.
What the model chooses is not judged: one without a clue passes as well.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import urllib.error
import urllib.request

import pytest

from router_model import doctor
from router_model.choice import Option, Question, RouterConfused, Turn
from router_model.prompts import FORMATS, LETTER
from router_model.vllm import ServedRouter, Settings

URL = os.environ.get("VLLM_URL", "")
pytestmark = pytest.mark.skipif(not URL, reason="VLLM_URL names no server")

CONTEXT_TOKENS = 4096
OPTIONS = tuple(
    Option(name, f"requests about {name}")
    for name in (
        "code generation",
        "code review",
        "a+b (x) {y}",
        '"quoted"\\ [^$|?*.]',
        "it's - a ~ test",
        "漢字 é",
        "other",
    )
)


class Http:
    """Blocking calls in a thread; keeps what came back."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []

    async def post(self, path: str, body: bytes, deadline_s: float) -> tuple[int, bytes]:
        answer = await asyncio.to_thread(fetch, path, body, deadline_s)
        self.answers.append(answer)
        return answer


def fetch(path: str, body: bytes | None = None, deadline_s: float = 300) -> tuple[int, bytes]:
    request = urllib.request.Request(URL.rstrip("/") + path, body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=deadline_s) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def model() -> str:
    return str(json.loads(fetch("/v1/models")[1])["data"][0]["id"])


def choose(prompt: str, *, several: bool = False, text: str = "please review this code", **settings):
    http = Http()
    router = ServedRouter(Settings(model=model(), prompt=prompt, context_tokens=CONTEXT_TOKENS, **settings), http)
    return asyncio.run(router.choose(Question((Turn("user", text),), OPTIONS, several), 300)), http


@pytest.mark.parametrize("prompt", list(FORMATS))
def test_one_option_comes_with_probabilities_that_sum_to_one_with_none(prompt):
    choice, http = choose(prompt, calibration=0)
    assert choice.prompt == prompt
    none = 1 - sum(score.probability for score in choice.scores)
    assert -1e-6 < none < 1
    assert choice.confidence == pytest.approx(choice.chosen[0].probability if choice.chosen else none)
    assert all(status == 200 for status, _ in http.answers)


def test_a_letter_is_one_token_and_all_letters_have_a_probability():
    choice, http = choose(LETTER.name, calibration=0)
    ((_, body),) = http.answers
    assert json.loads(body)["usage"]["completion_tokens"] == 1
    shown = json.loads(body)["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    seen = {each["token"]: math.exp(each["logprob"]) for each in shown}
    assert sum(seen.get(letter, 0.0) for letter in "ABCDEFGZ") == pytest.approx(1, abs=0.01)
    assert all(score.probability > 0 for score in choice.scores)


def test_several_options_parse_in_the_spacing_that_was_asked_for():
    choice, http = choose("plano-orchestrator", several=True)
    ((_, body),) = http.answers
    text = json.loads(body)["choices"][0]["message"]["content"]
    assert text == " " + json.dumps([score.name for score in choice.chosen], ensure_ascii=False) + "}"
    assert 0 < choice.confidence <= 1


def test_the_prior_is_answered_too():
    choice, http = choose(LETTER.name, calibration=1.0)
    assert len(http.answers) == 2 and choice.confidence > 0


def test_too_long_a_prompt_is_recognised_and_cut():
    choice, http = choose(LETTER.name, text="7" * 3 * CONTEXT_TOKENS, calibration=0)
    assert [status for status, _ in http.answers] == [400, 200] and choice.scores


def test_an_unknown_model_confuses():
    router = ServedRouter(Settings(model="no such model"), Http())
    with pytest.raises(RouterConfused, match="404"):
        asyncio.run(router.choose(Question((Turn("user", "x"),), OPTIONS), 300))


def test_the_metrics_have_the_names_the_doctor_reads():
    counted = doctor.counters(fetch("/metrics")[1].decode())
    assert counted[doctor.QUERIES] >= counted[doctor.HITS] >= 0
