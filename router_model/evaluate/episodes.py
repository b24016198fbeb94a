"""Questions with known answers, drawn from a data set with a seed: the same seed gives the same questions.

An episode is one set of routes and the requests to it. Every request is asked against all routes of its episode.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from router_model.choice import Option, Question, Turn
from router_model.evaluate.datasets import DATA, Dataset

REPEATS: Mapping[int, int] = {5: 12, 10: 10, 20: 6, 50: 3}
JOINTS = (", and also ", " and ", ". Then ", ", then ", ". Also, ", " and then ")


@dataclass(frozen=True, slots=True)
class Case:
    """A request and the names it should lead to, in order; () for none."""

    question: Question
    wanted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Episode:
    """Cases that share their options."""

    cases: tuple[Case, ...]


def draw_options(dataset: Dataset, intents: Sequence[str], random: Random, examples: int = 0) -> tuple[Option, ...]:
    """The intents as routes, each with `examples` training utterances drawn at random."""
    return tuple(
        Option(
            intent,
            dataset.descriptions[intent],
            tuple(random.sample(dataset.train[intent], examples)) if examples else (),
        )
        for intent in intents
    )


def draw_single(
    dataset: Dataset,
    routes: int,
    *,
    seed: int,
    examples: int = 0,
    utterances: Mapping[str, tuple[str, ...]] | None = None,
    outside: Sequence[str] | None = None,
    intents: Sequence[str] | None = None,
    repeats: int | None = None,
    near_misses: bool = False,
) -> Iterator[Episode]:
    """Requests for one route each, and as many (where there are so many) for none; from the test split by default.

    With `near_misses` what belongs to none is said of the same data set's other intents: the hard way to abstain.
    """
    random = Random(f"{seed}/{dataset.name}/{routes}/{examples}")
    said = dataset.test if utterances is None else utterances
    pool = dataset.intents if intents is None else tuple(intents)
    strangers = list(dataset.outside if outside is None else outside)
    for _ in range(repeats or REPEATS.get(routes, 1)):
        chosen = random.sample(pool, min(routes, len(pool)))
        options = draw_options(dataset, chosen, random, examples)
        wanted = [(text, (intent,)) for intent in chosen for text in said[intent]]
        if near_misses:
            strangers = [text for intent in pool if intent not in chosen for text in said[intent]]
        none = [(text, ()) for text in random.sample(strangers, min(len(wanted), len(strangers)))]
        yield Episode(tuple(Case(ask(text, options), names) for text, names in (*wanted, *none)))


def draw_joined(
    dataset: Dataset,
    routes: int,
    *,
    seed: int,
    cases: int = 60,
    repeats: int = 10,
    utterances: Mapping[str, tuple[str, ...]] | None = None,
    intents: Sequence[str] | None = None,
) -> Iterator[Episode]:
    """Two utterances of two routes in one message, joined by words people join requests with."""
    random = Random(f"{seed}/{dataset.name}/{routes}/joined")
    said = dataset.test if utterances is None else utterances
    pool = dataset.intents if intents is None else tuple(intents)
    for _ in range(repeats):
        chosen = random.sample(pool, routes)
        options = draw_options(dataset, chosen, random)
        made = []
        for _ in range(cases):
            first, second = random.sample(chosen, 2)
            text = random.choice(said[first]) + random.choice(JOINTS) + random.choice(said[second])
            made.append(Case(ask(text, options, several=True), (first, second)))
        yield Episode(tuple(made))


def ask(text: str, options: tuple[Option, ...], *, several: bool = False) -> Question:
    """A conversation of one turn."""
    return Question((Turn("user", text),), options, several)


def read_agents() -> dict[str, Episode]:
    """The conversations of `agents.txt` by the name of their set."""
    found: dict[str, Episode] = {}
    for block in (DATA / "agents.txt").read_text(encoding="utf-8").split("\n## ")[1:]:
        name, *lines = block.strip().splitlines()
        options = tuple(
            Option(head.strip(), tail.strip().replace("\\n", "\n"))
            for head, _, tail in (line[2:].partition("|") for line in lines if line.startswith("> "))
        )
        cases = [_read_case(line, options) for line in lines if " <- " in line and not line.startswith("> ")]
        found[name] = Episode(tuple(cases))
    return found


def _read_case(line: str, options: tuple[Option, ...]) -> Case:
    wanted, _, said = line.partition(" <- ")
    turns = tuple(
        Turn("assistant" if position % 2 else "user", text.replace("\\n", "\n"))
        for position, text in enumerate(said.split(" || "))
    )
    names = () if wanted == "-" else tuple(part.strip() for part in wanted.split(","))
    return Case(Question(turns, options, several=True), names)
