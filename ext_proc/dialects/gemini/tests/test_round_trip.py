"""What a client sent goes to a provider of the same dialect unchanged; and an answer comes back as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.chat.answer import Answer
from ext_proc.chat.dialect import Asked, Model, Saying
from ext_proc.chat.request import Request
from ext_proc.chat.whole import collect, replay
from ext_proc.dialects.gemini import CLIENT, PROVIDER
from ext_proc.dialects.gemini.tests.answers import PATH, saying
from ext_proc.dialects.gemini.tests.bodies import BODIES

RECORDINGS = Path(__file__).parent / "recordings"
MODEL = Model(id="gemini-2.5-flash")
ASKED = Asked(path=PATH)

_WORDS = st.text(max_size=8)
_PARTS = st.one_of(
    st.builds(lambda text: {"text": text}, st.text(min_size=1, max_size=8)),
    st.builds(lambda text: {"text": text, "thought": True}, _WORDS),
    st.builds(lambda text: {"text": text, "thoughtSignature": "c2ln"}, _WORDS),
    st.builds(lambda data: {"inlineData": {"mimeType": "image/png", "data": data}}, st.sampled_from(["AAAA", "+/8="])),
    st.builds(
        lambda args, id: {"functionCall": {**({"id": id} if id else {}), "name": "f", "args": args}},
        st.dictionaries(_WORDS, st.one_of(st.integers(), _WORDS), max_size=2),
        st.sampled_from(["", "a1"]),
    ),
    st.builds(
        lambda response: {"functionResponse": {"name": "f", "response": response}},
        st.dictionaries(_WORDS, _WORDS, max_size=2),
    ),
    st.builds(lambda code: {"executableCode": {"code": code}}, _WORDS),
)
_TURN = st.lists(_PARTS, min_size=1, max_size=4)


@pytest.mark.parametrize("name", BODIES)
def test_a_request(name: str) -> None:
    body = BODIES[name]
    model = Model(id="gemini-3-flash") if "level" in name else MODEL
    encoded = PROVIDER.encode_request(CLIENT.decode_request(body, ASKED), model)
    assert encoded.body == body
    assert encoded.dropped == ()


@settings(deadline=None)
@given(st.lists(_TURN, min_size=1, max_size=4))
def test_any_conversation(turns: list[list[dict[str, Any]]]) -> None:
    contents = [{"role": ("user", "model")[number % 2], "parts": parts} for number, parts in enumerate(turns)]
    body = {"contents": contents}
    assert PROVIDER.encode_request(CLIENT.decode_request(body, ASKED), MODEL).body == body


ANSWERS: dict[str, dict[str, Any]] = {
    "recorded": json.loads((RECORDINGS / "vertex-gemini--basic.json").read_text()),
    "thoughts and calls": {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"text": "Hm.", "thought": True},
                        {"text": "Let me see.", "thoughtSignature": "c2ln"},
                        {
                            "functionCall": {"id": "f1", "name": "a", "args": {"x": [1, None]}},
                            "thoughtSignature": "YQ==",
                        },
                        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
                        {"executableCode": {"language": "PYTHON", "code": "1"}},
                    ],
                    "role": "model",
                },
                "finishReason": "STOP",
                "index": 0,
                "safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}],
                "avgLogprobs": -0.5,
                "groundingMetadata": {
                    "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
                    "groundingSupports": [
                        {"segment": {"partIndex": 1, "endIndex": 3, "text": "Let"}, "groundingChunkIndices": [0]}
                    ],
                    "webSearchQueries": ["a"],
                },
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 10,
            "cachedContentTokenCount": 4,
            "candidatesTokenCount": 5,
            "thoughtsTokenCount": 7,
            "toolUsePromptTokenCount": 3,
            "totalTokenCount": 25,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 10}],
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": "r1",
    },
    "scored": {
        "candidates": [
            {
                "content": {"parts": [{"text": "a"}], "role": "model"},
                "finishReason": "MAX_TOKENS",
                "index": 0,
                "logprobsResult": {
                    "chosenCandidates": [{"token": "a", "logProbability": -0.5, "tokenId": 7}],
                    "topCandidates": [{"candidates": [{"token": "b", "logProbability": -1.5}]}],
                },
            },
            {
                "content": {"parts": [{"text": "b"}], "role": "model"},
                "finishReason": "MALFORMED_FUNCTION_CALL",
                "index": 1,
            },
        ],
        "modelVersion": "gemini-2.5-flash",
        "responseId": "r2",
    },
    "a blocked prompt": {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "safetyRatings": []},
        "usageMetadata": {"promptTokenCount": 10, "totalTokenCount": 10},
        "modelVersion": "gemini-2.5-flash",
        "responseId": "r3",
    },
}


def _told(body: dict[str, Any]) -> Saying:
    return Saying(id="Ab12", created_s=0, model=body["modelVersion"], request=saying().request)


@pytest.mark.parametrize("body", ANSWERS.values(), ids=ANSWERS)
def test_an_answer(body: dict[str, Any]) -> None:
    assert CLIENT.encode_answer(PROVIDER.decode_answer(body), _told(body)) == body


@pytest.mark.parametrize("body", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_what_its_events_tell(body: dict[str, Any]) -> None:
    answer = PROVIDER.decode_answer(body)
    assert collect(replay(answer)) == answer


def _streamed(answer: Answer, request: Request) -> Answer:
    encoder = CLIENT.stream_encoder(saying(request))
    decoder = PROVIDER.stream_decoder()
    events = [event for said in replay(answer) for event in decoder.feed(encoder.encode(said))]
    return collect([*events, *decoder.flush()])


@pytest.mark.parametrize("form", ["", "json_array"])
@pytest.mark.parametrize("name", [name for name in ANSWERS if name != "scored"])
def test_an_answer_streamed_and_read_again(name: str, form: str) -> None:
    answer = PROVIDER.decode_answer(ANSWERS[name])
    path = PATH.replace("generateContent", "streamGenerateContent")
    query = {} if form else {"alt": "sse"}
    request = CLIENT.decode_request(BODIES["plain"], Asked(path=path, query=query))
    again = _streamed(answer, request)
    assert request.stream_form == form
    assert again.usage == answer.usage
    assert [choice.stop for choice in again.choices] == [choice.stop for choice in answer.choices]
    texts = "".join(getattr(part, "text", "") for choice in again.choices for part in choice.parts)
    assert texts == "".join(getattr(part, "text", "") for choice in answer.choices for part in choice.parts)
