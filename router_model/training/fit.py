"""Learns the constants of the judgement: `python -m router_model.training.fit PRETRAINED_FOLDER CHECKPOINT OUT.json`.

The checkpoint should come from `train --groups first-half`: the judgement is learned on routes its encoder has not seen
(the other half of CLINC150, the authored sets), because that is what the product meets. Validation utterances and the
out-of-scope training and validation utterances are used; test splits are never read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
import torch

from router_model.choice import Option
from router_model.embedded.encoder import Encoder
from router_model.embedded.judgement import FEATURES, MOST, Judgement, Numbers, features
from router_model.embedded.options import OptionCache
from router_model.embedded.texts import count_words
from router_model.evaluate.datasets import read_clinc
from router_model.training.corpus import Group, half_of_clinc, read_authored
from router_model.training.pack import SHARE, TorchEncoder, read_blended

START = Judgement(
    weights=(8.0, 3.0, 4.0, -0.5, 0.0, 0.0, -3.0), temperature=0.04, threshold=0.55, phrase_share=0.5, example_share=0.6
)
SMALL_TALK = ("hello", "hi there", "thanks", "ok", "good morning", "bye", "test", "never mind", "how are you?", "cool")
"""Asked of the authored sets as requests of none; only the set with a route for chat is spared."""
THRESHOLDS = tuple(step / 100 for step in range(30, 81))
NEARLY = 0.001
SIZES = (2, 3, 4, 5, 7, 10, 15, 20, 30, 50, MOST)


@dataclass(frozen=True, slots=True)
class Sample:
    """Similarities of a request to every option, and the position of the right one, -1 for none."""

    near: Numbers
    values: Numbers
    right: int


def draw_samples(
    encoder: Encoder, judgement: Judgement, group: Group, *, seed: int, episodes: int, shown: int = 0
) -> Iterator[Sample]:
    """Requests of some routes of the group, of its other routes (which belong to none) and of none at all.

    With `shown`, that many requests of every route are kept aside and shown as its examples in every fourth episode.
    """
    random = Random(f"{seed}/{group.name}")
    cache = OptionCache(encoder)
    names = sorted(group.descriptions)
    for number in range(episodes):
        size = min(random.choice(SIZES), len(names) - random.choice((0, 1, 2)))
        chosen = random.sample(names, max(2, size))
        with_examples = shown if number % 4 == 0 else 0
        options = [Option(name, group.descriptions[name], group.requests[name][:with_examples]) for name in chosen]
        vectors = [cache.vectors(option) for option in options]
        asked = [(random.choice(group.requests[name][shown:]), at) for at, name in enumerate(chosen) for _ in range(2)]
        asked = random.sample(asked, min(12, len(asked)))
        strangers = max(1, len(asked) // 3)
        if others := [name for name in names if name not in chosen]:
            asked += [(random.choice(group.requests[random.choice(others)]), -1) for _ in range(strangers)]
        asked += [(random.choice(group.outside), -1) for _ in range(strangers)]
        for text, right in asked:
            near = judgement.similarities(encoder.encode(text), vectors)
            values = features(near, examples=float(with_examples > 0), words=count_words(text))
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
    rounded = tuple(round(weight, 4) for weight in weights.tolist())
    return replace(start, weights=rounded, temperature=round(sharp.exp().item(), 5)), closure().item()


def with_threshold(judgement: Judgement, samples: Sequence[Sample]) -> tuple[Judgement, float]:
    """The lowest threshold that is right nearly (within NEARLY) as often as the best one, and how often that is.

    Right is the right option where there is one, none where there is none; both kinds weigh the same. The lowest,
    because an answer from the wrong place costs a person no more than no answer.
    """
    right = {threshold: _share_right(replace(judgement, threshold=threshold), samples) for threshold in THRESHOLDS}
    best = max(right.values())
    lowest = min(threshold for threshold, share in right.items() if share >= best - NEARLY)
    return replace(judgement, threshold=lowest), right[lowest]


def _share_right(judgement: Judgement, samples: Sequence[Sample]) -> float:
    counts, hits = [0, 0], [0, 0]
    for sample in samples:
        likely = judgement.probabilities_of(sample.near, sample.values)
        answer = int(likely.argmax()) if judgement.fits(likely) else -1
        counts[sample.right < 0] += 1
        hits[sample.right < 0] += answer == sample.right
    return (hits[0] / counts[0] + hits[1] / counts[1]) / 2


def write_judgement(judgement: Judgement) -> str:
    """As `read_judgement` reads it."""
    assert len(judgement.weights) == len(FEATURES)
    constants = {name: value for name, value in asdict(judgement).items() if name != "asked"}
    return json.dumps(constants, indent=1) + "\n"


def fitting_groups() -> list[tuple[Group, int, int]]:
    """Each group with how many episodes are drawn of it and how many requests of a route are kept as its examples."""
    clinc = read_clinc()
    strangers = (*clinc.training_outside, *clinc.validation_outside)
    half = half_of_clinc(1)
    public = Group(
        name=clinc.name,
        descriptions={intent: clinc.descriptions[intent] for intent in half},
        requests={intent: clinc.validation[intent][:11] for intent in half},
        outside=strangers,
    )
    authored = [
        replace(group, outside=(*group.outside, *strangers[number * 5 : number * 5 + 5], *_small_talk(group)))
        for number, group in enumerate(read_authored())
    ]
    return [(public, 220, 5), *((group, 9, 0) for group in authored)]


def _small_talk(group: Group) -> tuple[str, ...]:
    return () if any("chat" in route for route in group.descriptions) else SMALL_TALK


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Fit the judgement of the embedded router.")
    parser.add_argument("pretrained", type=Path, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=SHARE)
    options = parser.parse_args(arguments)
    encoder = TorchEncoder(options.pretrained, read_blended(options.pretrained, options.checkpoint, options.share))
    samples = [
        sample
        for group, episodes, shown in fitting_groups()
        for sample in draw_samples(encoder, START, group, seed=3, episodes=episodes, shown=shown)
    ]
    judgement, loss = fit(samples, START)
    judgement, right = with_threshold(judgement, samples)
    print(f"{len(samples)} samples, log loss {loss:.4f}, threshold {judgement.threshold}: {right:.1%} right")
    options.out.write_text(write_judgement(judgement), encoding="utf-8")


if __name__ == "__main__":
    main()
