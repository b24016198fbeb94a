"""Fine-tunes the encoder: `python -m router_model.training.train PRETRAINED_FOLDER OUT.pt --groups all`.

Three losses: a request is nearest to its own option (softmax over the batch); it is above a learned threshold for its
own option and below it for the others, so that similarities mean something by themselves; two requests of one route
are near each other, which examples rely on. Word vectors and the lowest layers stay as they are.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from router_model.training.batches import Batch, Near, describe, draw_authored, draw_public
from router_model.training.bert import Bert, read_pretrained
from router_model.training.corpus import Group, training_groups

MAX_TOKENS = 96
TEMPERATURE = 0.05
SHARES = (2.5, 1.5, 3.0)
"""How often batches are drawn of the first large group, the second, and the small ones."""


class Learner(nn.Module):
    """The encoder and the two numbers that turn a similarity into a yes or a no."""

    def __init__(self, folder: Path, *, frozen_layers: int) -> None:
        super().__init__()
        self.bert: Bert = read_pretrained(folder / "model.safetensors")
        self.scale, self.threshold = nn.Parameter(torch.tensor(12.0)), nn.Parameter(torch.tensor(0.45))
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        for part in (self.bert.words, self.bert.places, self.bert.kinds, *list(self.bert.layers)[:frozen_layers]):
            part.requires_grad_(False)

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Texts of similar length run together, so that little is padded."""
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(ids)), key=lambda position: len(ids[position]))
        size = (len(ids) + 3) // 4
        parts = [order[start : start + size] for start in range(0, len(ids), size)]
        rows = torch.cat([self.bert.embed(*pad([ids[position] for position in part])) for part in parts])
        return rows[torch.tensor(order).argsort()]

    def loss(self, batch: Batch) -> Tensor:
        options, requests = self.embed(batch.options), self.embed(batch.requests)
        paired = len(batch.pairs)
        apart = torch.tensor(batch.request_blocks)[:, None] != torch.tensor(batch.option_blocks)[None, :]
        near = requests @ options.T
        right = torch.tensor(batch.pairs)
        nearest = F.cross_entropy((near / TEMPERATURE).masked_fill(apart, -1e4)[:paired], right)
        wanted = torch.zeros_like(near)
        wanted[torch.arange(paired), right] = 1
        each = F.binary_cross_entropy_with_logits(self.scale * (near - self.threshold), wanted, reduction="none")
        unwanted = each[(wanted < 1) & ~apart]
        absolute = (each[wanted > 0].mean() + unwanted.topk(max(1, len(unwanted) // 10)).values.mean()) / 2
        return nearest + 0.5 * absolute + 0.3 * self._twins(requests[:paired], batch)

    def _twins(self, requests: Tensor, batch: Batch) -> Tensor:
        twos = requests.view(-1, 2, requests.shape[-1])
        blocks = torch.tensor(batch.request_blocks)[: 2 * len(twos) : 2]
        near = (twos[:, 0] @ twos[:, 1].T / TEMPERATURE).masked_fill(blocks[:, None] != blocks[None, :], -1e4)
        same = torch.arange(len(twos))
        return (F.cross_entropy(near, same) + F.cross_entropy(near.T, same)) / 2


def pad(ids: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Token numbers and mask as rectangles."""
    rows = torch.zeros(len(ids), max(map(len, ids)), dtype=torch.long)
    mask = torch.zeros_like(rows)
    for position, row in enumerate(ids):
        rows[position, : len(row)], mask[position, : len(row)] = torch.tensor(row), 1
    return rows, mask


@torch.no_grad()
def find_near(learner: Learner, groups: Sequence[Group], count: int = 12) -> Near:
    """Which routes are alike, in the eyes of the untrained encoder."""
    found = {}
    for group in groups:
        names = list(group.descriptions)
        plain = [describe(name, group.descriptions[name], random.Random(3)) for name in names]
        rows = learner.embed(plain)
        for name, row in zip(names, (rows @ rows.T).topk(min(count, len(names))).indices.tolist(), strict=True):
            found[group.name, name] = [names[position] for position in row]
    return found


def train(learner: Learner, groups: Sequence[Group], *, steps: int, rate: float, routes: int, seed: int) -> None:
    """Changes the learner. Equal arguments on equal machines with one thread give equal weights."""
    torch.manual_seed(seed)
    draw = random.Random(seed)
    large = [group for group in groups if len(group.descriptions) >= 30]
    small = [group for group in groups if len(group.descriptions) < 30]
    near = find_near(learner, large)
    bert = [part for part in learner.bert.parameters() if part.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": bert, "lr": rate, "weight_decay": 0.01},
            {"params": [learner.scale], "lr": 2e-2, "weight_decay": 0.0},
            {"params": [learner.threshold], "lr": 2e-3, "weight_decay": 0.0},
        ]
    )
    warm = max(1, steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.02, 1 - (step - warm) / (steps - warm)))
    )
    losses = []
    for step in range(steps):
        kind = draw.choices([*range(len(large)), -1], [*SHARES[: len(large)], SHARES[-1] if small else 0])[0]
        batch = draw_public(large[kind], near, draw, routes=routes) if kind >= 0 else draw_authored(small, draw)
        loss = learner.loss(batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(bert, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % 20 == 19:
            print(f"step {step + 1}: loss {sum(losses[-20:]) / 20:.3f}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Fine-tune the encoder of the embedded router.")
    parser.add_argument("pretrained", type=Path, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("out", type=Path)
    parser.add_argument("--groups", default="all")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--frozen-layers", type=int, default=2)
    parser.add_argument("--routes", type=int, default=32, help="routes in a batch of a large group")
    parser.add_argument("--start", type=Path, help="weights to go on from, as written by a run before")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    learner = Learner(options.pretrained, frozen_layers=options.frozen_layers)
    groups = training_groups(options.groups)
    if options.start:
        learner.bert.load_state_dict(torch.load(options.start))
    train(learner, groups, steps=options.steps, rate=options.rate, routes=options.routes, seed=options.seed)
    torch.save(learner.bert.state_dict(), options.out)


if __name__ == "__main__":
    main()
