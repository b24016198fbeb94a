"""`routing_preferences` written inside a provider -> the top-level list, as the upstream migration does it.

Models of one task are appended in the order of the providers; the first description wins, with a warning where another
differs; a task written at the top level wins outright. From v0.4.0 on such preferences have no effect, which is said.
"""

from __future__ import annotations

import re

from control_plane.document import Mapping, Node, Scalar, Sequence
from control_plane.problems import Place, Problems

_KEY = "routing_preferences"


def lift(root: Mapping, problems: Problems) -> None:
    """Rewrites the tree in place."""
    providers = root.entries.get("model_providers")
    own = root.entries.get(_KEY)
    if not isinstance(providers, Sequence) or not isinstance(own, Sequence | None):
        return
    written = {_text(item, "name") for item in (own.items if own else ()) if isinstance(item, Mapping)}
    lifted: dict[str, Mapping] = {}
    for provider in providers.items:
        if isinstance(provider, Mapping) and _KEY in provider.entries:
            _lift_provider(provider, written, lifted, _migrates(root), problems)
    if lifted:
        target = own or Sequence(next(iter(lifted.values())).place)
        target.items.extend(lifted.values())
        root.put(_KEY, target, root.keys.get(_KEY))


def _migrates(root: Mapping) -> bool:
    """Only files older than v0.4.0; a version nobody knows is left alone."""
    version = _text(root, "version") or ""
    numbers = re.match(r"v?(\d+)\.(\d+)", version)
    return numbers is not None and (int(numbers[1][:9]), int(numbers[2][:9])) < (0, 4)


def _lift_provider(
    provider: Mapping, written: set[str | None], lifted: dict[str, Mapping], migrates: bool, problems: Problems
) -> None:
    place = provider.keys[_KEY]
    node = provider.entries[_KEY]
    if not isinstance(node, Sequence):
        return
    provider.take(_KEY)
    model = provider.entries.get("model")
    if not migrates:
        what = "routing_preferences inside a provider have no effect since v0.4.0"
        problems.warn(place, "deprecated", what, "move them to the top-level routing_preferences with 'models: [...]'")
    elif (_text(provider, "model") or "").endswith("*"):
        what = "routing_preferences cannot belong to a wildcard provider: they name no model"
        problems.error(place, "wildcard-preference", what, "write them at the top level with the models to prefer")
    else:
        do = "move them to the top-level routing_preferences with 'models: [...]'"
        problems.warn(place, "deprecated", "routing_preferences inside a provider are the former spelling", do)
        for item in node.items:
            _lift_item(item, model, written, lifted, problems)


def _lift_item(
    item: Node, model: Node | None, written: set[str | None], lifted: dict[str, Mapping], problems: Problems
) -> None:
    name = _text(item, "name")
    if not isinstance(item, Mapping) or name is None:
        return problems.error(item.place, "missing", "this routing preference has no name", "give it 'name: ...'")
    if name in written:
        what = f"the task '{name[:60]}' is also written at the top level, which wins"
        return problems.warn(item.place, "preference-overruled", what, "remove this one")
    if name not in lifted:
        lifted[name] = _task(item, model)
        return None
    models = lifted[name].entries["models"]
    if isinstance(models, Sequence) and model is not None:
        models.items.append(model)
    _compare(item, lifted[name], name, problems)
    return None


def _task(item: Mapping, model: Node | None) -> Mapping:
    task = Mapping(item.place, dict(item.entries), dict(item.keys))
    place: Place = item.place
    task.put("models", Sequence(place, [model] if model is not None else []), place)
    return task


def _compare(item: Mapping, first: Mapping, name: str, problems: Problems) -> None:
    mine, theirs = _text(item, "description"), _text(first, "description")
    if mine != theirs:
        what = f"the task '{name[:60]}' is described differently in line {first.place.line}, which wins"
        problems.warn(item.place, "preference-conflict", what, "give both the same description")


def _text(node: Node, key: str) -> str | None:
    found = node.entries.get(key) if isinstance(node, Mapping) else None
    return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else None
