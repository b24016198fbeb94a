"""What a model may be called in a table of figures.

In: a name as a client may send it (an alias, "openai/gpt-4o", "gpt-4o") and the listener it was sent to. Out: names to
look up, the surest first. Never: a guess that strips or adds parts of a model's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from schemas.runtime import Listener, Route, Target

Spellings = Callable[[str], tuple[str, ...]]


def as_written(name: str) -> tuple[str, ...]:
    """No listener: only the name itself and its bare id."""
    return tuple(dict.fromkeys(_spell(name, {})))


def spellings(listener: Listener, also_called: Mapping[str, tuple[str, ...]]) -> Spellings:
    """The names of a listener's models. An alias stands for the first target of its route.

    `also_called`: what tables call a provider that has another prefix here.
    """
    routes = {route.name: route for route in listener.routes}
    qualified = _qualified(listener, routes)
    known: dict[str, tuple[str, ...]] = {}
    for name, route in listener.names.items():
        target = _first(routes.get(route))
        behind = [] if target is None or target.model is None else qualified.get((target.cluster, target.model), [])
        bare = [target.model] if target is not None and target.model is not None else []
        names = [spelled for whole in (name, *behind, *bare) for spelled in _spell(whole, also_called)]
        known[name] = tuple(dict.fromkeys(names))

    def spell(name: str) -> tuple[str, ...]:
        return known.get(name) or tuple(dict.fromkeys(_spell(name, also_called)))

    return spell


def _qualified(listener: Listener, routes: Mapping[str, Route]) -> dict[tuple[str, str], list[str]]:
    """(cluster, upstream model) -> the names "prefix/id" that lead there first."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, route in listener.names.items():
        target = _first(routes.get(route))
        _, slash, bare = name.partition("/")
        if target is not None and slash and target.model in (None, bare):
            found.setdefault((target.cluster, bare), []).append(name)
    return found


def _first(route: Route | None) -> Target | None:
    return next((target for group in route.groups for target in group), None) if route else None


def _spell(name: str, also_called: Mapping[str, tuple[str, ...]]) -> list[str]:
    prefix, slash, bare = name.partition("/")
    if not slash:
        return [name]
    return [name, *(f"{other}/{bare}" for other in also_called.get(prefix, ())), bare]
