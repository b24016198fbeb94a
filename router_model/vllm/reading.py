"""From an answer to names and probabilities. Pure.

The model walked down a tree of allowed answers; at each token it left, the alternatives say how likely the branches not
taken were. That is the whole distribution, without a tokenizer and without a second request.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from router_model.choice import RouterConfused
from router_model.vllm.wire import Step


def weigh(steps: Sequence[Step], answers: Mapping[str, str]) -> tuple[dict[str, float], bool]:
    """The probability of each answer (by key; the sum is 1), and whether the tokens tell which one was given.

    Only tokens that begin an allowed answer count, whether or not the server already left out the others. A branch not
    taken is shared equally by the answers in it, less those that a longer token there begins: a model says an answer
    in the longest tokens it has.
    """
    texts = {key: text.encode("utf-8", "surrogatepass") for key, text in answers.items()}
    weights = dict.fromkeys(texts, 0.0)
    live, said, mass = list(texts), b"", 1.0
    for step in steps:
        if len(live) <= 1:
            break
        groups = {token: [key for key in live if _leads(texts[key], said + token)] for token in step.alternatives}
        groups = {token: keys for token, keys in groups.items() if token and keys}
        total = sum(step.alternatives[token] for token in groups)
        if step.token not in groups or total <= 0:
            return weights | {key: weights[key] + mass / len(live) for key in live}, False
        for token, keys in groups.items():
            if token != step.token:
                longer = {key for other in groups if len(other) > len(token) for key in groups[other]}
                _share(
                    weights, [key for key in keys if key not in longer] or keys, mass * step.alternatives[token] / total
                )
        mass *= step.alternatives[step.token] / total
        live, said = groups[step.token], said + step.token
    _share(weights, live, mass)
    return weights, len(live) == 1


def _leads(answer: bytes, said: bytes) -> bool:
    return answer.startswith(said) or said.startswith(answer)


def _share(weights: dict[str, float], keys: Sequence[str], mass: float) -> None:
    for key in keys:
        weights[key] += mass / len(keys)


def names_in(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known names an answer lists, in order and once each, as Plano reads it: single quotes will do, a name alone
    stands for a list, null, an absent key and names nobody knows for nothing. Raises RouterConfused for no JSON."""
    found = _loads(text)
    if not isinstance(found, dict):
        raise RouterConfused("the router model's answer is no JSON object")
    route = found.get("route")
    listed = [route] if isinstance(route, str) else route if isinstance(route, list) else []
    names = set(known)
    return tuple(dict.fromkeys(name for name in listed if isinstance(name, str) and name in names))


def _loads(text: str) -> object:
    """The text around the braces (a code fence, a sentence) is dropped; the second try mends single quotes."""
    start, end = text.find("{"), text.rfind("}")
    inner = text[start : end + 1] if 0 <= start < end else text
    for attempt in (inner, inner.replace("\\n", ""), inner.replace("'", '"').replace("\\n", "")):
        try:
            return json.loads(attempt)
        except ValueError:
            continue
    raise RouterConfused("the router model's answer is not JSON")


def calibrate(weights: Mapping[str, float], prior: Mapping[str, float], none: str, strength: float) -> dict[str, float]:
    """The weights with each option's own attraction divided out: `prior` is what the model chooses when there is
    nothing to go by; empty leaves all as it is. Whether any option fits stays as it was, since nothing to go by
    rightly means none."""
    some = {name: weight for name, weight in weights.items() if name != none}
    lifted = {name: weight / max(prior.get(name, 0.0), 1e-3) ** strength for name, weight in some.items()}
    before, after = sum(some.values()), sum(lifted.values())
    if after <= 0 or not prior:
        return dict(weights)
    return dict(weights) | {name: weight * before / after for name, weight in lifted.items()}
