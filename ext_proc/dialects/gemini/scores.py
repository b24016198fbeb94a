"""Log probabilities: `logprobsResult` and the shape of OpenAI's chat, each made from the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ext_proc.chat.parts import Plain
from ext_proc.dialects.gemini.spelling import Member


def read_scores(candidate: Member) -> Plain | None:
    found = candidate.node("logprobsResult")
    if found is None:
        return None
    others = [list(step.members("candidates")) for step in found.members("topCandidates")]
    chosen = list(found.members("chosenCandidates"))
    content = [
        {**_score(token), "top_logprobs": [_score(each) for each in (others[number] if number < len(others) else ())]}
        for number, token in enumerate(chosen)
    ]
    return {"content": content} if content else None


def write_scores(logprobs: Iterable[Plain]) -> dict[str, Any]:
    """The member for all the scores of a candidate; nothing for none."""
    tokens = [token for found in logprobs for token in _tokens(found.get("content"))]
    if not tokens:
        return {}
    tops = [{"candidates": [_token(each) for each in _tokens(token.get("top_logprobs"))]} for token in tokens]
    return {"logprobsResult": {"chosenCandidates": [_token(token) for token in tokens], "topCandidates": tops}}


def _score(token: Member) -> dict[str, Any]:
    text = token.text("token")
    id = {"token_id": token.plain["tokenId"]} if token.has("tokenId") else {}
    return {
        "token": text,
        "logprob": token.number("logProbability"),
        "bytes": list(text.encode("utf-8", "replace")),
        **id,
    }


def _tokens(found: object) -> Iterator[Mapping[str, Any]]:
    return (token for token in found if isinstance(token, dict)) if isinstance(found, list) else iter(())


def _token(score: Mapping[str, Any]) -> dict[str, Any]:
    id = {"tokenId": score["token_id"]} if "token_id" in score else {}
    return {"token": score.get("token"), "logProbability": score.get("logprob"), **id}
