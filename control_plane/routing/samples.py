"""Questions for a router model: those of a configuration where it has some, else ours.

In: what a listener chooses between. Out: options and samples as `ext_proc.offline` takes them. A description stands in
for missing examples; nobody then knows what is right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from control_plane.routing.calls import spoken
from control_plane.routing.cases import Case
from control_plane.routing.choices import Choices, Option
from schemas.names import CHAT_PATHS

ENOUGH = 30
"""Questions from which on a p99 says something."""
DEADLINE_S = 2.0

OURS = Choices(
    listener="",
    kind="model",
    options=(
        Option(
            "code",
            "writing, explaining, fixing or reviewing program code",
            ("Why does this regular expression never match?", "Write a function that merges two sorted lists."),
        ),
        Option(
            "translation",
            "translating a text from one language into another",
            ("How do you say good morning in Portuguese?", "Translate this letter into French, please."),
        ),
        Option(
            "summary",
            "making a long text short, keeping what matters",
            ("Give me the three main points of this report.", "Shorten the minutes below to one paragraph."),
        ),
        Option(
            "travel",
            "flights, trains, hotels and plans for trips",
            ("Which trains go from Lyon to Turin on Friday?", "Find a quiet hotel near the harbour of Bergen."),
        ),
    ),
    several=False,
    ordered=True,
    deadline_s=DEADLINE_S,
)
"""Where no configuration says what to choose between."""


@dataclass(frozen=True, slots=True)
class Samples:
    """`items` are asked `rounds` times. `given`: they are the user's own cases."""

    choices: Choices
    items: tuple[dict[str, Any], ...]
    rounds: int
    given: bool

    def plain(self) -> dict[str, object]:
        return {
            "options": [asdict(option) for option in self.choices.options],
            "several": self.choices.several,
            "samples": list(self.items),
            "rounds": self.rounds,
        }


def samples(choices: Choices | None, cases: Sequence[Case], rounds: int | None) -> Samples:
    """Those of the cases, else of the listener, else ours. `rounds` None: as often as gives enough answers."""
    asked = choices if choices and choices.options else OURS
    items = tuple(_of_case(case) for case in cases) or tuple(item for one in asked.options for item in _of(one))
    return Samples(asked, items, rounds or math.ceil(ENOUGH / len(items)), bool(cases))


def _of_case(case: Case) -> dict[str, Any]:
    return {"path": case.call.path, "body": dict(case.call.body), "expected": list(case.expected)}


def _of(option: Option) -> list[dict[str, Any]]:
    texts = option.examples or (option.description,)
    expected = [option.name] if option.examples else None
    return [
        {"path": CHAT_PATHS[0], "body": dict(spoken(text, CHAT_PATHS[0]).body), "expected": expected} for text in texts
    ]
