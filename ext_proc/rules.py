"""What one listener may do, prepared for quick look-ups. In: the runtime file's listener. Out: answers, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ext_proc.call import Attempt, Call
from schemas import names
from schemas.decisions import MAX_ATTEMPTS
from schemas.runtime import Agent, Allowance, Decision, Listener, Preference, Route, RuntimeConfig, Target

Pick = Callable[[Sequence[int]], int]
"""An index chosen by these weights."""
Fits = Callable[[Attempt], bool]
"""Whether a model is able to take a request; of most nothing is known that speaks against it."""


_REMEMBERED = 4096
_NAME_CHARACTERS = 200
"""Longer names are a client's own invention, and not kept."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one attempt would go, and how much of the traffic."""

    attempt: Attempt
    weight: int


@dataclass(frozen=True)
class Rules:
    """A listener that decides. `preferences` are those of the configuration."""

    listener: Listener
    decision: Decision
    preferences: tuple[Preference, ...]
    providers: Mapping[str, str] = field(default_factory=dict)
    """Rows of the catalogue by cluster, of the accounts that requests are translated for."""

    @property
    def agents(self) -> tuple[Agent, ...]:
        return self.listener.agents

    @cached_property
    def default_agent(self) -> Agent:
        return next(agent for agent in self.agents if agent.default)

    @cached_property
    def _routes(self) -> dict[str, Route]:
        return {route.name: route for route in self.listener.routes}

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        return tuple(sorted(self.listener.prefixes, key=len, reverse=True))

    @cached_property
    def _allowances(self) -> dict[str, Allowance]:
        return {allowance.caller: allowance for allowance in self.listener.allowances}

    def route(self, name: str) -> Route | None:
        """Where a model's name leads, as Envoy would route it; None where it is unknown."""
        exact = self.listener.names.get(name)
        if exact is not None:
            return self._routes[exact]
        prefix = next((p for p in self._prefixes if name.startswith(p)), None)
        names_a_model = prefix is not None and name[len(prefix) :] not in ("", "*")
        return self._routes[self.listener.prefixes[prefix]] if prefix is not None and names_a_model else None

    @cached_property
    def _called(self) -> dict[tuple[str, str], str]:
        """The name "prefix/id" that leads to a model alone."""
        found: dict[tuple[str, str], str] = {}
        for name, route in self.listener.names.items():
            target = _only(self._routes[route])
            if target is not None and target.model is not None and name.endswith("/" + target.model):
                found.setdefault((target.cluster, target.model), name)
        return found

    def canonical(self, name: str) -> str:
        """The name a model is known by whichever way it was asked for; "" where none was named and none is usual."""
        route = self.route(name) if name else self._routes.get(self.listener.default or "")
        target = _only(route) if route else None
        if target is None or target.model is None:
            return name
        return self._called.get((target.cluster, target.model), name)

    def allows(self, caller: str, name: str) -> bool:
        """Whether a caller may be given a model of this name."""
        allowance = self._allowances.get(caller)
        return allowance is None or name in allowance.names or name.startswith(allowance.prefixes)

    def attempts(
        self, call: Call, path: str, names: Sequence[str], pick: Pick, fits: Fits | None = None
    ) -> tuple[Attempt, ...]:
        """Where these models lead, in order, each place once, MAX_ATTEMPTS at most: only what speaks the path, the
        caller may have, and `fits`."""
        found: dict[Attempt, None] = {}
        for name in names:
            for reached in self._reached(call.caller, path, name):
                able = reached if fits is None else tuple(place for place in reached if fits(place.attempt))
                if not able:
                    continue
                found.setdefault(
                    able[0].attempt if len(able) == 1 else able[pick([each.weight for each in able])].attempt
                )
            if len(found) >= MAX_ATTEMPTS:
                break
        return tuple(found)[:MAX_ATTEMPTS]

    def untried(self, call: Call, path: str, names: Sequence[str], attempts: Sequence[Attempt]) -> tuple[str, ...]:
        """The models among these that would be able, and for which MAX_ATTEMPTS left no attempt."""
        if len(attempts) < MAX_ATTEMPTS:
            return ()
        tried = set(attempts)
        places = ((name, self._reached(call.caller, path, name)) for name in names)
        return tuple(
            name for name, groups in places if groups and not any(p.attempt in tried for group in groups for p in group)
        )

    def _reached(self, caller: str, path: str, name: str) -> tuple[tuple[_Place, ...], ...]:
        """The places a name leads to, by group; asked several times in every decision, so it is remembered."""
        key = (caller, path, name)
        known = self._known.get(key)
        if known is None:
            known = tuple(self._groups(caller, path, name))
            if len(name) <= _NAME_CHARACTERS:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[key] = known
        return known

    def _groups(self, caller: str, path: str, name: str) -> Iterator[tuple[_Place, ...]]:
        route = self.route(name)
        if route is None or not self.allows(caller, name):
            return
        for group in route.groups:
            found = ((target, cluster) for target in group if (cluster := _cluster(target, path)))
            able = tuple(_Place(Attempt(cluster, _model(target, name)), target.weight) for target, cluster in found)
            if able:
                yield able

    @cached_property
    def _known(self) -> dict[tuple[str, str, str], tuple[tuple[_Place, ...], ...]]:
        return {}


def _cluster(target: Target, path: str) -> str:
    """Where a call of this path reaches the target, in translation if need be; "" where it does not."""
    if path in target.endpoints:
        return target.cluster
    return target.translating if path in target.translated else ""


def _only(route: Route) -> Target | None:
    """The target of a route that has no other."""
    return route.groups[0][0] if len(route.groups) == 1 and len(route.groups[0]) == 1 else None


def _model(target: Target, name: str) -> str:
    return target.model if target.model is not None else name.removeprefix(target.strip_prefix)


def rules(config: RuntimeConfig) -> dict[str, Rules]:
    """The listeners that decide, by name."""
    providers = {
        cluster: account.provider
        for account in config.accounts
        for cluster in (account.cluster, names.translating(account.cluster))
    }
    return {
        listener.name: Rules(listener, listener.decision, config.preferences, providers)
        for listener in config.listeners
        if listener.decision is not None
    }
