"""What holds for every decision about models, whoever asks for what: no caller gets more than it may have."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.call import Attempt, Call, Decided, Forward, Rank, Refuse, Reply
from ext_proc.decide.tests.model_world import (
    GPT,
    LISTENER,
    LLAMA,
    MINI,
    NAMES,
    NOW_S,
    PATHS,
    PLAIN,
    ROUTES,
    SONNET,
    TRACED,
    FakeFigures,
    FakeStore,
    raw,
    routed,
    rules,
)
from ext_proc.preferences.inline import KEYS
from ext_proc.preferences.prices import Price
from ext_proc.rules import Rules
from ext_proc.sessions.binding import Binding
from ext_proc.sessions.stores import Trouble
from router_model.choice import RouterLate, RouterUnreachable
from schemas.decisions import Why
from schemas.runtime import Budget, Preference, Sessions

KNOWN = (*NAMES, LLAMA, "groq/other/model")
SENT = st.sampled_from((*KNOWN, "no-such", "groq/", "groq/*"))
MODELS = st.lists(SENT, min_size=1, max_size=5)
WORDS = st.sampled_from(("code", "poems", "sums"))
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {"name": WORDS, "description": st.text(max_size=9), "models": MODELS},
        optional={"selection_policy": st.sampled_from(({"prefer": "cheapest"}, {"prefer": "fastest"}, {}, None))},
    ),
    max_size=3,
    unique_by=lambda entry: str(entry["name"]),
)
SAYS = st.sampled_from(("code", "poems", "sums", "", RouterLate("x"), RouterUnreachable("x")))
CALLERS = st.sampled_from(("", "key:narrow", "key:aliased", "key:nobody", "key:unlisted"))
PREFERENCES = st.lists(
    st.builds(
        Preference,
        name=WORDS,
        description=st.text(max_size=9),
        examples=st.just(()),
        models=MODELS.map(tuple),
        prefer=st.sampled_from(("cheapest", "fastest", "none")),
    ),
    max_size=3,
    unique_by=lambda preference: preference.name,
).map(tuple)
BUDGETS = st.none() | st.builds(
    Budget,
    max_switch_spend_pct=st.sampled_from((0.0, 50.0)),
    replenish_on_rebind=st.booleans(),
    cache_read_discount=st.just(0.1),
    record_counterfactual=st.booleans(),
)
SESSIONS = st.builds(
    replace,
    st.just(PLAIN),
    budget=BUDGETS,
    route_on_user_only=st.booleans(),
    implicit=st.booleans(),
)
FIGURES = FakeFigures({GPT: Price(2.5, 10), MINI: Price(0.1, 0.6), LLAMA: Price(0.5, 0.8)}, {SONNET: 0.3, LLAMA: 0.1})
REMEMBERED = st.none() | st.builds(
    Binding,
    anchor_model=SENT,
    default_model=SENT,
    requested_model=SENT,
    route_name=st.none() | WORDS,
    prefix_hash=st.none(),
    last_used_s=st.sampled_from((int(NOW_S) - 10_000, int(NOW_S) - 400, int(NOW_S) - 5)),
    cached_tokens=st.integers(0, 10_000),
)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    path = draw(st.sampled_from(PATHS))
    model = draw(st.none() | SENT)
    said = draw(st.text(max_size=20))
    body: dict[str, Any] = {"input": said} if path == PATHS[2] else {"messages": [{"role": "user", "content": said}]}
    if model is not None:
        body = {"model": model} | body
    for key in draw(st.lists(st.sampled_from(KEYS), max_size=2, unique=True)):
        body[key] = draw(ENTRIES)
    more = draw(st.sampled_from(({}, {"x-model-affinity": "s-1"}, {"x-plano-max-switch-spend-pct": "5"})))
    prefix = draw(st.sampled_from(("", "/routing")))
    text = json.dumps(body, ensure_ascii=draw(st.booleans()))
    return raw(text.encode("utf-8", "surrogatepass"), model, prefix + path, headers=TRACED | more, caller=draw(CALLERS))


@dataclass(frozen=True)
class Scene:
    """A call, what it meets, and whom it asks."""

    asked: Call
    by: Rules
    says: Any
    remembered: Binding | None
    trouble: Trouble | None
    sessions: Sessions

    def play(self) -> Decided:
        store = FakeStore({"s-1": self.remembered} if self.remembered else {}, trouble=self.trouble)
        world = routed(self.says, store=store, figures=FIGURES, sessions=self.sessions)
        return world.decide(self.asked, self.by)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    by = rules(
        default=draw(st.sampled_from((None, *ROUTES))),
        no_match=draw(st.sampled_from(("default", "refuse"))),
        router_failure=draw(st.sampled_from(("default", "refuse"))),
    )
    return Scene(
        asked=draw(calls()),
        by=replace(by, preferences=draw(PREFERENCES)),
        says=draw(SAYS),
        remembered=draw(REMEMBERED),
        trouble=draw(st.sampled_from((None, None, Trouble.LATE))),
        sessions=draw(SESSIONS),
    )


def first(weights: Sequence[int]) -> int:
    return 0


def allowed(asked: Call) -> set[Attempt]:
    """Where this caller's calls may go on this path: worked out from the listener by brute force."""
    path = asked.path.removeprefix("/routing")
    rows = {row.caller: row for row in LISTENER.allowances}
    found = set()
    for name in KNOWN:
        row = rows.get(asked.caller)
        if row and name not in row.names and not any(name.startswith(prefix) for prefix in row.prefixes):
            continue
        route = "groq" if name.startswith("groq/") else NAMES[name]
        for group in ROUTES[route]:
            for target in group:
                if path in target.endpoints:
                    found.add(Attempt(target.cluster, target.model or name.removeprefix("groq/")))
    return found


@settings(max_examples=400, deadline=None)
@given(scenes())
def test_a_decision(scene: Scene) -> None:
    asked, by, decided = scene.asked, scene.by, scene.play()
    outcome, record = decided.outcome, decided.record
    question = asked.path.startswith("/routing")
    match outcome:
        case Rank(attempts, model, body):
            assert not question
            assert attempts
            assert len(set(attempts)) == len(attempts)
            assert set(attempts) <= allowed(asked)
            assert model == record.model
        case Forward(key, body):
            assert not question
            # What the client itself asked for, by its own words: its right to that is judged where it always is.
            assert key == (f"={asked.model}" if asked.model else "*")
        case Reply(status, answer):
            assert question and status == 200
            body = None
            models = json.loads(answer)["models"]
            path = asked.path.removeprefix("/routing")
            assert models == ["none"] or all(set(by.attempts(asked, path, (name,), first)) for name in models)
        case Refuse(code):
            body = None
            assert code in {"no_model_fits", "router_failed", "invalid_preferences", "model_not_found"}
        case _:
            raise AssertionError("models are never streamed from here")
    assert record.why in WHYS[type(outcome)]
    assert record.error == (outcome.code if isinstance(outcome, Refuse) else None)
    if not isinstance(outcome, Refuse | Reply):
        assert_only_cut(asked.body, body)


WHYS = {
    Rank: {Why.PREFERENCE, Why.INLINE_PREFERENCE, Why.CONTINUATION, Why.SWITCH_TOO_EXPENSIVE}
    | {Why.ROUTER_FAILED, Why.ROUTER_LATE},
    Forward: {Why.REQUESTED, Why.NO_MATCH, Why.NOTHING_TO_ROUTE, Why.ROUTER_FAILED, Why.ROUTER_LATE}
    | {Why.PREFERENCE, Why.INLINE_PREFERENCE, Why.CONTINUATION, Why.SWITCH_TOO_EXPENSIVE},
    Refuse: {Why.REFUSED},
}
WHYS[Reply] = WHYS[Rank] | WHYS[Forward]


def assert_only_cut(sent: bytes, forwarded: bytes | None) -> None:
    """None: the client's own bytes. Otherwise the same text without the gateway's members."""
    before = json.loads(sent)
    brought = [key for key in KEYS if key in before]
    assert (forwarded is not None) == bool(brought)
    if forwarded is not None:
        rest = {key: value for key, value in before.items() if key not in brought}
        ascii_only = sent.isascii()
        assert forwarded == json.dumps(rest, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


@settings(max_examples=100, deadline=None)
@given(scenes())
def test_the_same_scene_ends_the_same(scene: Scene) -> None:
    """No chance but the one that is injected."""
    once, again = scene.play(), scene.play()
    assert (once.outcome, once.record) == (again.outcome, again.record)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_end_in_an_outcome(body: bytes) -> None:
    """Envoy has looked at the body before; nothing here relies on that."""
    decided = routed("code").decide(raw(body))
    assert isinstance(decided.outcome, Refuse | Rank | Forward)
