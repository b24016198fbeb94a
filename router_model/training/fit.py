"""Learns the constants of the judgement: `python -m router_model.training.fit WEIGHTS_FOLDER --out judgement.json`.

Episodes of training and validation utterances, with route sets of all sizes, with and without examples; the likelihood of
"option i" and of "none" is maximised. Test splits are never read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random

import numpy as np
import torch

from router_model.choice import Option
from router_model.embedded.encoder import Encoder
from router_model.embedded.judgement import FEATURES, Judgement, Numbers, features
from router_model.embedded.options import OptionCache
from router_model.embedded.texts import count_words
from router_model.evaluate.datasets import Dataset

SIZES = (2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 75)


@dataclass(frozen=True, slots=True)
class Sample:
    """Similarities of a request to every option, and the position of the right one, -1 for none."""

    near: Numbers
    values: Numbers
    right: int


def draw_samples(
    encoder: Encoder, judgement: Judgement, dataset: Dataset, intents: Sequence[str], *, seed: int, episodes: int
) -> Iterator[Sample]:
    """Requests of unused utterances. Half of what belongs to none is said of the data set's other intents."""
    random = Random(seed)
    cache = OptionCache(encoder)
    strangers = (*dataset.training_outside, *dataset.validation_outside)
    for number in range(episodes):
        size = min(random.choice(SIZES), len(intents) - 5)
        chosen = random.sample(list(intents), size)
        shown = 5 if number % 4 == 0 else 0
        options = [
            Option(name, dataset.descriptions[name], tuple(random.sample(dataset.train[name], shown)))
            for name in chosen
        ]
        vectors = [cache.vectors(option) for option in options]
        others = [name for name in intents if name not in chosen]
        asked = [(random.choice(dataset.validation[name]), at) for at, name in enumerate(chosen) for _ in range(2)]
        asked = random.sample(asked, min(12, len(asked)))
        asked += [(random.choice(dataset.validation[random.choice(others)]), -1) for _ in range(len(asked) // 2)]
        if strangers:
            asked += [(random.choice(strangers), -1) for _ in range(len(asked) // 3)]
        for text, right in asked:
            near = judgement.similarities(encoder.encode(text), vectors)
            values = features(near, examples=float(shown > 0), words=count_words(text))
            yield Sample(near, values, right)


def fit(samples: Sequence[Sample], start: Judgement, *, decay: float = 1e-3) -> tuple[Judgement, float]:
    """The judgement with the greatest likelihood, and its mean log loss."""
    most = max(len(sample.near) for sample in samples)
    near = torch.full((len(samples), most), -9.0, dtype=torch.float64)
    for row, sample in enumerate(samples):
        near[row, : len(sample.near)] = torch.from_numpy(sample.near)
    values = torch.from_numpy(np.stack([sample.values for sample in samples]))
    right = torch.tensor([sample.right for sample in samples])
    weights = torch.tensor(start.weights, dtype=torch.float64, requires_grad=True)
    sharp = torch.tensor(float(np.log(start.temperature)), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, sharp], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        wanted = values @ weights
        share = (near / sharp.exp()).log_softmax(-1)
        some = torch.nn.functional.logsigmoid(wanted) + share.gather(1, right.clamp(min=0)[:, None])[:, 0]
        none = torch.nn.functional.logsigmoid(-wanted)
        return -torch.where(right >= 0, some, none).mean() + decay * weights[:-1].square().mean()

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)
    fitted = replace(
        start, weights=tuple(round(w, 4) for w in weights.tolist()), temperature=round(float(sharp.exp()), 5)
    )
    return fitted, float(loss())


def write_judgement(judgement: Judgement) -> str:
    """As `read_judgement` reads it."""
    assert len(judgement.weights) == len(FEATURES)
    return json.dumps(asdict(judgement), indent=1) + "\n"
