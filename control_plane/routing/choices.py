"""Between what each listener chooses. In: the sidecar's runtime file as a value. Out: the names a choice may have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from control_plane.suggest import hint
from schemas.runtime import Listener, RuntimeConfig


@dataclass(frozen=True, slots=True)
class Option:
    """An agent or a preference, described."""

    name: str
    description: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """`several`: more than one may be chosen (agents); `ordered`: in an order that matters."""

    listener: str
    kind: str
    options: tuple[Option, ...]
    several: bool
    ordered: bool
    deadline_s: float

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(option.name for option in self.options)


class NoSuchListener(Exception):
    """No listener, or more than one, is meant; the text says what to do."""


def choices(config: RuntimeConfig) -> tuple[Choices, ...]:
    """Those of every listener, in order; without options where nothing is to be chosen."""
    return tuple(_choices(listener, config) for listener in config.listeners)


def _choices(listener: Listener, config: RuntimeConfig) -> Choices:
    if listener.agents:
        options = tuple(Option(agent.id, agent.description, agent.examples) for agent in listener.agents)
    else:
        options = tuple(Option(one.name, one.description, one.examples) for one in config.preferences)
    decision = listener.decision
    return Choices(
        listener=listener.name,
        kind="agent" if listener.agents else "model",
        options=options,
        several=bool(listener.agents),
        ordered=decision is None or decision.mode == "sequential",
        deadline_s=decision.deadline_s if decision else 0.0,
    )


def pick(known: Sequence[Choices], name: str | None) -> Choices:
    """The listener meant: the named one, else the only one that has something to choose. Raises NoSuchListener."""
    if name is not None:
        found = next((one for one in known if one.listener == name), None)
        if found is None:
            advice = hint(name, [one.listener for one in known], "the listeners are {known}")
            raise NoSuchListener(f"there is no listener {name!r}; {advice}")
        return found
    choosing = [one for one in known if one.options] or list(known)
    if len(choosing) != 1:
        listed = ", ".join(one.listener for one in choosing) or "none"
        raise NoSuchListener(f"several listeners could be meant ({listed}); name one: --listener NAME")
    return choosing[0]
