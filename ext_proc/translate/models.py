"""What is known of a model: how much it takes, what it lacks, which generation it is of.

In: a row of the catalogue and a model's id as a configuration or a client writes it. Out: a `Model`, from
schemas/capabilities.yaml, read when first asked. Never: a guess; of a model nobody knows nothing is said, so that it is
asked for everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from ext_proc.chat.dialect import Model

_REMEMBERED = 1024
_LONGEST_ID = 200
_MAKER = re.compile(r"^(?:[a-z-]{2,6}\.)?([a-z0-9]{2,12})\.(?=[a-z])")
"""Amazon Bedrock's "us.anthropic.": a region at times, and who made the model."""
_SOLD_AS = re.compile(r"^(?:openai|anthropic|alibaba|databricks)-(?=[a-z])")
"""Some shops write the maker before the id."""
_VERSION = re.compile(r"-v?\d$")
_DATE = re.compile(r"[-@](?:\d{4}-\d{2}-\d{2}|20\d{6}|latest)$")


@dataclass(frozen=True, slots=True)
class Facts:
    """A row; None and an empty set: unknown."""

    context_tokens: int | None = None
    max_output_tokens: int | None = None
    lacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """The file, for look-ups. `globs` and `families`: the first that fits holds. `reads_documents`: providers that read
    them out to any model."""

    exact: Mapping[str, Facts]
    globs: Sequence[tuple[str, Facts]]
    families: Sequence[tuple[str, str]]
    reads_documents: frozenset[str]


@lru_cache(maxsize=_REMEMBERED)
def find(provider: str, model: str) -> Model:
    """`provider` is a row of the catalogue, "" where nobody says."""
    return look_up(known(), provider, model)


def look_up(facts_of: Known, provider: str, model: str) -> Model:
    if len(model) > _LONGEST_ID:
        return Model(id=model)
    names = tuple(dict.fromkeys(spellings(model)))
    facts = _facts(facts_of, names)
    silent = {"documents"} if provider in facts_of.reads_documents else frozenset()
    return Model(
        id=model,
        max_output_tokens=facts.max_output_tokens,
        context_tokens=facts.context_tokens,
        lacks=facts.lacks - silent,
        family=_family(facts_of, provider, names),
    )


def _facts(facts_of: Known, names: Sequence[str]) -> Facts:
    for name in names:
        if name in facts_of.exact:
            return facts_of.exact[name]
    fits = (facts for name in names for glob, facts in facts_of.globs if fnmatchcase(name, glob))
    return next(fits, Facts())


def _family(facts_of: Known, provider: str, names: Sequence[str]) -> str:
    asked = [name for bare in names for name in (bare, f"{provider}/{bare}")]
    return next((family for glob, family in facts_of.families for name in asked if fnmatchcase(name, glob)), "")


def spellings(model: str) -> Iterator[str]:
    """What the file may call a model, the surest first: ids come with prefixes of providers and regions, with dates,
    versions and prices."""
    last = model.lower().rpartition("/")[2].removeprefix("ft:")
    name, _, mark = last.partition(":")
    yield name
    made = _MAKER.match(name)
    if made:
        name = name[made.end() :]
        yield from (name, f"{made[1]}-{name}")
    elif bare := _SOLD_AS.sub("", name):
        name = bare
        yield name
    if "claude" in name:
        name = name.replace(".", "-")
        yield name
    if made or mark.isdigit():
        yield from _without(_VERSION, name, made)
        name = _VERSION.sub("", name) if re.search(r"-v\d$", name) else name
    yield from _without(_DATE, name, made)


def _without(end: re.Pattern[str], name: str, made: re.Match[str] | None) -> Iterator[str]:
    shorter = end.sub("", name)
    if shorter != name:
        yield shorter
        if made:
            yield f"{made[1]}-{shorter}"


@cache
def known() -> Known:
    """The packaged file. The first call takes some ten milliseconds."""
    text = files("schemas").joinpath("capabilities.yaml").read_text("utf-8")
    return build(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def build(written: Mapping[str, Any]) -> Known:
    """Raises KeyError or ValueError where a row is malformed."""
    rows = [(name, facts) for row in written["models"] for facts in (_row(row),) for name in row["ids"]]
    exact = {name: facts for name, facts in rows if not _is_glob(name)}
    globs = sorted(((name, facts) for name, facts in rows if _is_glob(name)), key=lambda row: -len(row[0]))
    if len(exact) + len(globs) != len(dict(rows)) or len(rows) != len(dict(rows)):
        raise ValueError("capabilities.yaml has two rows for one id")
    return Known(
        exact=exact,
        globs=tuple(globs),
        families=tuple((glob, family) for family, globs in written["families"].items() for glob in globs),
        reads_documents=frozenset(written["reads_documents"]),
    )


def _is_glob(name: str) -> bool:
    return any(mark in name for mark in "*?[")


def _row(row: Mapping[str, Any]) -> Facts:
    return Facts(row.get("context_tokens"), row.get("max_output_tokens"), frozenset(row.get("lacks", ())))
