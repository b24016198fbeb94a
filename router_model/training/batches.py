"""Groups of routes into batches of texts: options said in varied ways, requests of them, requests of none. Seeded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from router_model.embedded.texts import readable_name, split_description, squeeze
from router_model.training.corpus import Group

OPENINGS = (
    *("",) * 5,
    "Handles requests to ",
    "Use this when the user wants to ",
    "Agent: ",
    "For: ",
    "An assistant that can help: ",
    "User requests: ",
)
SEPARATORS = ("; ", ". ", ", ", " / ", "; ")


@dataclass(frozen=True, slots=True)
class Batch:
    """`pairs[i]` is the position of the option of request i; requests beyond `pairs` belong to none.

    `blocks` says to which group each option and each request belongs: only equal blocks are contrasted. The first
    `2 * routes` requests come in twos of one route.
    """

    options: tuple[str, ...]
    requests: tuple[str, ...]
    pairs: tuple[int, ...]
    option_blocks: tuple[int, ...]
    request_blocks: tuple[int, ...]


Near = Mapping[tuple[str, str], Sequence[str]]
"""For (group, route) the routes of the group that are most like it, nearest first."""


def draw_public(group: Group, near: Near, random: Random, *, routes: int) -> Batch:
    """Routes of one large group, in clusters of similar ones, some of them merged into one option."""
    names = _cluster(group, near, random, min(routes, len(group.descriptions)))
    merged = _merge(group, names, near, random)
    place = {name: position for position, part in enumerate(merged) for name in part}
    requests, pairs = [], []
    for name in names:
        requests += [_say(text, random) for text in random.sample(group.requests[name], 2)]
        pairs += [place[name]] * 2
    others = [name for name in group.descriptions if name not in place]
    strangers = [random.choice(group.requests[name]) for name in random.sample(others, min(8, len(others)))]
    strangers += random.sample(group.outside, min(6, len(group.outside)))
    texts = (*requests, *strangers)
    options = tuple(_describe_all(group, part, random) for part in merged)
    return Batch(options, texts, tuple(pairs), (0,) * len(options), (0,) * len(texts))


def draw_authored(groups: Sequence[Group], random: Random, *, count: int = 5) -> Batch:
    """All routes of a few small groups, each group a block."""
    options, requests, pairs, option_blocks, blocks = [], [], [], [], []
    strangers: list[tuple[str, int]] = []
    for block, group in enumerate(random.sample(list(groups), min(count, len(groups)))):
        for name in group.descriptions:
            said = random.sample(group.requests[name], 2)
            requests += [_say(text, random) for text in said]
            pairs += [len(options)] * 2
            blocks += [block] * 2
            options.append(describe(name, group.descriptions[name], random))
            option_blocks.append(block)
        strangers += [(text, block) for text in random.sample(group.outside, min(3, len(group.outside)))]
    texts = (*requests, *(text for text, _ in strangers))
    return Batch(
        tuple(options), texts, tuple(pairs), tuple(option_blocks), (*blocks, *(block for _, block in strangers))
    )


def describe(name: str, description: str, random: Random) -> str:
    """An option as somebody might write it: with or without its name, sometimes only its name."""
    phrases = split_description(description)
    text = squeeze("; ".join(phrases) if len(phrases) > 1 else description)
    chance = random.random()
    if chance < 0.12:
        text = readable_name(name)
    elif chance < 0.5:
        text = random.choice(OPENINGS) + text
    else:
        text = f"{readable_name(name)}: {text}"
    return text[:1].upper() + text[1:] + "." if random.random() < 0.2 else text


def _cluster(group: Group, near: Near, random: Random, size: int) -> list[str]:
    chosen: list[str] = []
    pool = list(group.descriptions)
    while len(chosen) < size:
        name = random.choice(pool)
        alike = near[group.name, name][1:]
        more = random.sample(alike, min(3, len(alike))) if random.random() < 0.7 else []
        chosen += [each for each in (name, *more) if each not in chosen]
    return chosen[:size]


def _merge(group: Group, names: Sequence[str], near: Near, random: Random) -> list[tuple[str, ...]]:
    """Every eighth route takes up to three similar ones with it: an agent that can do several things."""
    left, merged = list(names), []
    while left:
        part = [left.pop(0)]
        if random.random() < 0.12:
            part += [name for name in near[group.name, part[0]] if name in left][: random.choice((1, 2, 3))]
            left = [name for name in left if name not in part]
        merged.append(tuple(part))
    return merged


def _describe_all(group: Group, names: Sequence[str], random: Random) -> str:
    texts = [describe(name, group.descriptions[name], random) for name in names]
    if len(texts) == 1:
        return texts[0]
    opening = random.choice(
        ("", "Capabilities: ", "This agent can help with ", f"{readable_name(names[0])} and more: ")
    )
    return opening + random.choice(SEPARATORS).join(texts)


def _say(text: str, random: Random) -> str:
    return text if random.random() < 0.8 else text.capitalize() + random.choice(("?", ".", "", " please"))
