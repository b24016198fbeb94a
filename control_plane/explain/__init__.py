"""What will happen to a request, and which line of the configuration decided it.

In: a compiled configuration and a model, listener or path. Out: an `Explanation`, read from the same plan that Envoy is
configured from. Never: a secret's value, an answer that the plan would not give.
"""

from __future__ import annotations

from control_plane.compile import Compiled
from control_plane.explain.answer import Explanation, Step
from control_plane.explain.request import request
from control_plane.explain.table import table
from control_plane.plan import Plan, Planned
from control_plane.suggest import hint


class UnknownListener(LookupError):
    """There is no listener of that name; the text says which there are."""


def explain(
    compiled: Compiled, *, model: str | None = None, listener: str | None = None, path: str | None = None
) -> Explanation:
    """One request per listener when a model or path is asked about, else the table of everything.

    `compiled` must have a plan. Raises UnknownListener.
    """
    whole, made = compiled.config, compiled.plan
    assert whole is not None and made is not None, "only a configuration that compiles can be explained"
    chosen = _chosen(made, listener)
    asked = model is not None or path is not None
    return Explanation(
        listeners=() if asked else tuple(table(whole, made, planned) for planned in chosen),
        requests=tuple(request(whole, made, planned, model, path) for planned in _fitting(chosen)) if asked else (),
        not_enforced=tuple(
            Step(topic="not enforced", text=problem.what, at=problem.place)
            for problem in compiled.problems
            if problem.rule == "not-enforced"
        ),
    )


def _chosen(made: Plan, name: str | None) -> tuple[Planned, ...]:
    if name is None:
        return made.listeners
    chosen = tuple(p for p in made.listeners if name in (p.listener.name, p.written.name))
    if not chosen:
        known = [planned.written.name for planned in made.listeners]
        raise UnknownListener(f"there is no listener '{name}'; {hint(name, known, 'known are {known}')}")
    return chosen


def _fitting(chosen: tuple[Planned, ...]) -> tuple[Planned, ...]:
    """A request with a model is a matter for listeners that have models, unless one was named."""
    fitting = tuple(planned for planned in chosen if planned.map is not None)
    return fitting or chosen
