"""The preferences a request brings along.

In: the JSON object of a body. Out: the preferences, or every mistake in them with its address. Never: a text of the
body in an error, and never more than the limits below, since each preference costs the router.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from ext_proc.conversation.text import encodable
from schemas.runtime import Preference

KEYS = ("routing_preferences", "routing_policy")
"""Both spellings clients know; one request uses one of them."""
MAX_PREFERENCES = 100
MAX_MODELS = 100
MAX_EXAMPLES = 50
MAX_TEXTS = 300
"""Examples of all preferences, and sentences of their descriptions: the embedded router reads each of them by itself,
some hundreds a second."""
MAX_NAME_CHARACTERS = 200
MAX_CHARACTERS = 10_000
"""Of one description, example or model."""
MAX_ALL_CHARACTERS = 200_000
"""Of all of them: what routers work out about options is kept for the next request that brings the same."""
_MAX_PROBLEMS = 20

_SENTENCE_ENDS = re.compile(r"[.!?;](?=\s)|\n+")
_PREFER = ("cheapest", "fastest", "none")


class InvalidPreferences(Exception):
    """The preferences of a request cannot be used. `problems` are "address: what is wrong", without any content; the
    text has the first of them, since a request may hold thousands."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        more = len(problems) - _MAX_PROBLEMS
        super().__init__("; ".join([*problems[:_MAX_PROBLEMS], *([f"and {more} more"] if more > 0 else [])]))
        self.problems = problems


def read(body: Mapping[str, object]) -> tuple[Preference, ...] | None:
    """The request's own preferences; None where it brings none, so that the configured ones hold.

    An empty list is a statement too: this request has no preferences. Raises InvalidPreferences with every problem.
    """
    spelled = [key for key in KEYS if body.get(key) is not None]
    if not spelled:
        return None
    if len(spelled) > 1:
        raise InvalidPreferences((f"{KEYS[0]} and {KEYS[1]}: only one of them may be there",))
    entries = body[spelled[0]]
    problems = tuple(_list_problems(entries, spelled[0]))
    if problems or not isinstance(entries, list):
        raise InvalidPreferences(problems)
    found = tuple(_preference(entry) for entry in entries)
    if sum(map(_characters, found)) > MAX_ALL_CHARACTERS:
        raise InvalidPreferences((f"{spelled[0]}: at most {MAX_ALL_CHARACTERS} characters in all",))
    if sum(map(_texts, found)) > MAX_TEXTS:
        what = "examples and sentences of descriptions in all"
        raise InvalidPreferences((f"{spelled[0]}: at most {MAX_TEXTS} {what}",))
    return found


def _list_problems(entries: object, at: str) -> Iterator[str]:
    if not isinstance(entries, list):
        yield f"{at}: must be a list"
        return
    if len(entries) > MAX_PREFERENCES:
        yield f"{at}: at most {MAX_PREFERENCES} preferences"
        return
    first: dict[object, int] = {}
    for index, entry in enumerate(entries):
        here = f"{at}[{index}]"
        if not isinstance(entry, dict):
            yield f"{here}: must be an object"
            continue
        yield from _problems(entry, here)
        name = entry.get("name")
        if isinstance(name, str) and first.setdefault(name := encodable(name), index) != index:
            yield f"{here}.name: the same as {at}[{first[name]}].name"


def _problems(entry: Mapping[str, object], at: str) -> Iterator[str]:
    name = entry.get("name")
    if not _is_text(name) or not name.strip():
        yield f"{at}.name: must be a text that is not empty"
    elif len(name) > MAX_NAME_CHARACTERS:
        yield f"{at}.name: at most {MAX_NAME_CHARACTERS} characters"
    if not _is_text(entry.get("description")):
        yield f"{at}.description: must be a text"
    models = entry.get("models")
    if not isinstance(models, list) or not 1 <= len(models) <= MAX_MODELS:
        yield f"{at}.models: must be a list of 1 to {MAX_MODELS} model names"
    else:
        bad = (index for index, model in enumerate(models) if not _is_text(model) or not model.strip())
        yield from (f"{at}.models[{index}]: must be a model name" for index in bad)
    yield from _policy_problems(entry.get("selection_policy"), f"{at}.selection_policy")
    yield from _example_problems(entry.get("examples"), f"{at}.examples")


def _policy_problems(policy: object, at: str) -> Iterator[str]:
    if policy is None:
        return
    if not isinstance(policy, dict):
        yield f"{at}: must be an object"
    elif policy.get("prefer") not in (None, "", *_PREFER):
        yield f"{at}.prefer: must be {', '.join(_PREFER[:-1])} or {_PREFER[-1]}"


def _example_problems(examples: object, at: str) -> Iterator[str]:
    if examples is None:
        return
    if not isinstance(examples, list) or len(examples) > MAX_EXAMPLES:
        yield f"{at}: must be a list of at most {MAX_EXAMPLES} texts"
        return
    yield from (f"{at}[{index}]: must be a text" for index, example in enumerate(examples) if not _is_text(example))


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= MAX_CHARACTERS


def _characters(preference: Preference) -> int:
    return sum(map(len, (preference.name, preference.description, *preference.examples, *preference.models)))


def _texts(preference: Preference) -> int:
    """What a router reads beside the description as a whole: the sentences where there are several, what it quotes, and
    the examples."""
    said = preference.description
    ends = len(_SENTENCE_ENDS.findall(said.strip()))
    quotes = said.count('"') // 2 + said.count("\N{LEFT DOUBLE QUOTATION MARK}") if ends else 0
    return len(preference.examples) + (ends + 1 if ends else 0) + quotes


def _preference(entry: dict[str, object]) -> Preference:
    policy, models, examples = entry.get("selection_policy"), entry["models"], entry.get("examples")
    assert isinstance(models, list)
    return Preference(
        name=encodable(str(entry["name"])),
        description=encodable(str(entry["description"])),
        examples=tuple(map(encodable, examples)) if isinstance(examples, list) else (),
        models=tuple(dict.fromkeys(map(encodable, models))),
        prefer=(policy.get("prefer") if isinstance(policy, dict) else None) or "none",
    )
