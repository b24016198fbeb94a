"""Whatever a provider answers, a client of this dialect is told the same whole and streamed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.chat.answer import Answer, Choice, Stop
from ext_proc.chat.parts import Part, Reasoning, Refusal, Signature, Text, ToolCall
from ext_proc.chat.whole import collect, replay
from ext_proc.dialects.gemini import CLIENT, PROVIDER
from ext_proc.dialects.gemini.tests.answers import request, saying

_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
_SIGNATURES = st.one_of(st.none(), st.builds(Signature, st.sampled_from(["gemini", "another"]), st.just("c2ln")))
_ARGUMENTS = st.sampled_from(["{}", '{"x":1}'])
_PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, text=_WORDS, signature=_SIGNATURES),
    st.builds(Reasoning, text=_WORDS, signature=_SIGNATURES),
    st.builds(Refusal, text=_WORDS),
    st.builds(
        ToolCall, id=st.sampled_from(["", "a1"]), name=st.just("f"), arguments=st.sampled_from(["{}", '{"x":1}'])
    ),
)
_STOPS = st.sampled_from([Stop(reason="end"), Stop(reason="length"), Stop(reason="content_filter")])
_CHOICES = st.builds(Choice, parts=st.lists(_PARTS, max_size=5).map(tuple), stop=_STOPS)


def _said(answer: Answer) -> list[dict[str, Any]]:
    """What matters to who reads it: words by kind, calls, signatures, and why each candidate ended."""
    return [
        {
            "words": "".join(part.text for part in choice.parts if isinstance(part, Text)),
            "thoughts": "".join(part.text for part in choice.parts if isinstance(part, Reasoning)),
            "calls": [(part.id, part.arguments) for part in choice.parts if isinstance(part, ToolCall)],
            "signed": [signature for part in choice.parts if (signature := getattr(part, "signature", None))],
            "stop": choice.stop,
        }
        for choice in answer.choices
    ]


@pytest.mark.parametrize("form", ["", "json_array"])
@settings(deadline=None)
@given(choices=st.lists(_CHOICES, min_size=1, max_size=2))
def test_whole_and_streamed(form: str, choices: list[Choice]) -> None:
    answer = Answer(id="r1", model="m", choices=tuple(choices))
    told = saying(request(form=form, stream=True))
    encoder, decoder = CLIENT.stream_encoder(told), PROVIDER.stream_decoder()
    data = b"".join(encoder.encode(event) for event in replay(answer))
    streamed = collect([*decoder.feed(data), *decoder.flush()])
    assert _said(streamed) == _said(PROVIDER.decode_answer(CLIENT.encode_answer(answer, told)))
