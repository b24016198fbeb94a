"""What a listener may do, looked up: names as Envoy routes them, canonical names, allow-lists, attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ext_proc.call import Attempt
from ext_proc.decide.tests.model_world import (
    AT,
    CHAT,
    GPT,
    LISTENER,
    LLAMA,
    MESSAGES,
    MINI,
    NAMES,
    PLAIN,
    RESPONSES,
    ROUTES,
    SONNET,
    call,
    rules,
)
from ext_proc.rules import rules as rules_of
from schemas.decisions import MAX_ATTEMPTS
from schemas.runtime import Route, Router, RuntimeConfig


def first(weights: Sequence[int]) -> int:
    return 0


@pytest.mark.parametrize(("name", "route"), NAMES.items(), ids=NAMES)
def test_exact_names(name: str, route: str) -> None:
    found = rules().route(name)
    assert found is not None and found.groups == ROUTES[route]


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("groq/x", "groq"),
        ("groq/a/b", "groq"),
        ("groq/", None),
        ("groq/*", None),
        ("groq", None),
        ("", None),
        ("GPT-4o", None),
        ("xgroq/y", None),
    ],
)
def test_wildcards(name: str, route: str | None) -> None:
    found = rules().route(name)
    assert (found and found.name) == route


def test_the_longest_prefix_wins_and_an_exact_name_comes_first() -> None:
    deep = Route(name="deep", groups=ROUTES["mini"], native=())
    listener = replace(
        LISTENER,
        routes=(*LISTENER.routes, deep),
        prefixes={"groq/": "groq", "groq/deep/": "deep"},
        names={**NAMES, "groq/deep/x": "claude"},
    )
    by = replace(rules(), listener=listener)
    chosen = {name: by.route(name) for name in ("groq/deep/y", "groq/deep/x", "groq/deepest", "groq/deep/")}
    assert {name: route and route.name for name, route in chosen.items()} == {
        "groq/deep/y": "deep",
        "groq/deep/x": "claude",
        "groq/deepest": "groq",
        "groq/deep/": None,
    }


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        (GPT, GPT),
        ("gpt-4o", GPT),
        ("fast", MINI),
        ("gpt-4o-mini", MINI),
        (SONNET, SONNET),
        ("safe", "safe"),
        ("split", "split"),
        ("groq/x", "groq/x"),
        ("no-such", "no-such"),
        ("", ""),
    ],
)
def test_canonical_names(name: str, canonical: str) -> None:
    """What leads to one place has one name; what leads to several keeps its own."""
    assert rules().canonical(name) == canonical


@pytest.mark.parametrize(("default", "canonical"), [("gpt", GPT), ("safe", ""), ("groq", ""), (None, "")])
def test_the_name_of_no_name(default: str | None, canonical: str) -> None:
    assert rules(default=default).canonical("") == canonical


@pytest.mark.parametrize(
    ("caller", "name", "may"),
    [
        ("", GPT, True),
        ("key:unlisted", GPT, True),
        ("key:narrow", MINI, True),
        ("key:narrow", "fast", True),
        ("key:narrow", GPT, False),
        ("key:narrow", "groq/any", True),
        ("key:narrow", "groq", False),
        ("key:narrow", "", False),
        ("key:nobody", MINI, False),
        ("key:nobody", "groq/any", False),
    ],
)
def test_allow_lists(caller: str, name: str, may: bool) -> None:
    assert rules().allows(caller, name) is may


@pytest.mark.parametrize(
    ("path", "names", "attempts"),
    [
        (CHAT, (GPT, LLAMA), (AT[GPT], AT[LLAMA])),
        (CHAT, (LLAMA, GPT), (AT[LLAMA], AT[GPT])),
        (RESPONSES, ("safe",), (AT[GPT],)),
        (MESSAGES, (GPT, SONNET, LLAMA), (AT[SONNET],)),
        (MESSAGES, ("split", "safe", LLAMA), ()),
        (CHAT, ("no-such", ""), ()),
        (CHAT, (), ()),
        ("/v1/embeddings", (GPT,), ()),
        (CHAT, ("groq/a", "groq/b", "groq/a"), (Attempt("groq", "a"), Attempt("groq", "b"))),
    ],
)
def test_attempts(path: str, names: tuple[str, ...], attempts: tuple[Attempt, ...]) -> None:
    assert rules().attempts(call(), path, names, first) == attempts


def test_weights_are_those_of_the_targets_that_are_able() -> None:
    seen: list[list[int]] = []

    def last(weights: Sequence[int]) -> int:
        seen.append(list(weights))
        return len(weights) - 1

    assert rules().attempts(call(), CHAT, ("split",), last) == (AT[MINI],)
    assert seen == [[70, 30]]


def test_listeners_that_decide_have_rules() -> None:
    idle = replace(LISTENER, name="idle", decision=None)
    config = RuntimeConfig(
        listeners=(LISTENER, idle),
        preferences=rules().preferences,
        router=Router(kind="embedded", outbound=None, model=None, prompt="", context_tokens=1, threshold=None),
        sources=(),
        sessions=PLAIN,
        filters=(),
        settings={},
    )
    found = rules_of(config)
    assert list(found) == ["llm"]
    assert found["llm"].preferences == rules().preferences


def test_models_beyond_the_last_attempt_are_told_and_no_others() -> None:
    asked, names = call(), [f"groq/m{number}" for number in range(MAX_ATTEMPTS + 2)]
    found = rules().attempts(asked, CHAT, [*names, "nobody/knows"], first)
    assert len(found) == MAX_ATTEMPTS
    assert rules().untried(asked, CHAT, [*names, "nobody/knows"], found) == tuple(names[MAX_ATTEMPTS:])
    assert rules().untried(asked, CHAT, names[:2], found[:2]) == ()
