"""Whatever is done to a configuration, the answer is a configuration or problems with a place in it, no exception."""

from __future__ import annotations

import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from control_plane.compile import Compiled, compile_text
from control_plane.tests.configs import CORPUS

FILES = [path.read_bytes() for path in sorted(CORPUS.glob("*.yaml"))]
DATA = [yaml.safe_load(content) for content in FILES]
VALUES: list[Any] = [
    None, True, 0, -1, 2**70, 1e300, "", "*", "/", "a/b", "openai/*", "$X", "${", "$$", "5s", "http://[", "http://h:0",
    "\u00e9" * 300, "x" * 5000, [], [[]], [None], {}, {"": None}, {"id": []}, {"model": {"a": 1}}, ["a", 1, {}],
    "::1", "999.1.1.1", "\t", "gpt-4o",
]  # fmt: skip


def compiled(content: bytes) -> Compiled:
    found = compile_text(content, "plano.yaml", Path("/nowhere"), {"X": "1"})
    lines = content.count(b"\n") + 2
    for problem in found.problems:
        assert problem.place.file == "plano.yaml" and 1 <= problem.place.line <= lines and problem.place.column >= 1
        assert problem.what and problem.do and "\n" not in str(problem)
    assert bool(found.problems.errors) == (found.gateway is None)
    return found


def mutate(data: Any, chance: random.Random) -> Any:
    """Deletes, replaces, moves or adds one node somewhere."""
    parents = [node for node in nodes(data) if isinstance(node, dict | list) and node]
    parent = chance.choice(parents)
    key = chance.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))
    match chance.randrange(5):
        case 0:
            del parent[key]
        case 1:
            parent[key] = deepcopy(chance.choice(VALUES))
        case 2:
            parent[key] = deepcopy(chance.choice(nodes(chance.choice(DATA))))
        case 3 if isinstance(parent, dict):
            parent[chance.choice(["", "models", "auth", "targets", "x" * 99, str(key)[:-1]])] = parent.pop(key)
        case _ if isinstance(parent, list):
            parent.append(deepcopy(parent[key]))
    return data


def nodes(data: Any) -> list[Any]:
    below = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return [data, *(node for value in below for node in nodes(value))]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(DATA) - 1), st.integers(0, 2**32), st.integers(1, 6))
def test_mutated_values(index: int, seed: int, times: int) -> None:
    chance = random.Random(seed)
    data = yaml.safe_load(FILES[index])
    for _ in range(times):
        if isinstance(data, dict) and data:
            data = mutate(data, chance)
    # JSON-like YAML without anchors: the dump of shared nodes must stay small.
    compiled(yaml.dump(data, Dumper=NoAliases, allow_unicode=True).encode())


class NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(FILES) - 1), st.data())
def test_mutated_bytes(index: int, data: st.DataObject) -> None:
    content = FILES[index]
    at = data.draw(st.integers(0, len(content)))
    until = data.draw(st.integers(at, min(len(content), at + 40)))
    compiled(content[:at] + data.draw(st.binary(max_size=6)) + content[until:])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(FILES) - 1), st.integers(0, 10_000))
def test_truncated_files(index: int, at: int) -> None:
    compiled(FILES[index][:at])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    compiled(content)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abc:-[]{}&*!|>'\"#%@`,? \n\t<~0", max_size=120))
def test_any_yaml_like_text(text: str) -> None:
    compiled(text.encode())
