"""Aliases: what they stand for exists, ends somewhere, and weights make sense."""

from __future__ import annotations

from control_plane.check.places import Places
from control_plane.config import Config, ModelAlias
from control_plane.model_names import ModelNames, split, targets
from control_plane.problems import Place, Problems
from control_plane.read.schema_check import shown
from control_plane.suggest import hint

# More attempts than this no client waits for, and aliases of aliases multiply.
MOST_TARGETS = 64
MOST_LEVELS = 8


def check(config: Config, places: Places, problems: Problems) -> None:
    names = ModelNames(config)
    for alias in config.model_aliases:
        _check_form(alias, places, problems)
        _check_weights(alias, problems)
        _check_targets(alias, names, places, problems)
        _check_shadow(alias, names, places, problems)
    _check_loops(names, problems)


def _check_form(alias: ModelAlias, places: Places, problems: Problems) -> None:
    has_targets = places.of(alias.at, "targets") != alias.at
    if places.of(alias.at, "target") != alias.at and has_targets:
        do = "keep 'targets' with every model in it"
        problems.error(alias.at, "both-spellings", f"the alias '{shown(alias.name)}' has a target and targets", do)
    elif places.of(alias.at, "target") == alias.at and not has_targets:
        what = f"the alias '{shown(alias.name)}' stands for nothing"
        problems.error(alias.at, "missing", what, "add 'target: <model>' or 'targets: [...]'")
    if not alias.name.strip() or not alias.name.isprintable() or alias.name.endswith("/*"):
        what = f"'{shown(alias.name)}' cannot be an alias"
        problems.error(alias.at, "alias-name", what, "use a plain name, without '/*' at its end")


def _check_weights(alias: ModelAlias, problems: Problems) -> None:
    weights = [target.weight for target in alias.targets]
    given = [weight for weight in weights if weight is not None]
    if given and len(given) < len(weights):
        what = f"some targets of '{shown(alias.name)}' have a weight and some have none"
        do = "give every target a weight (split) or none of them (failover in order)"
        problems.error(next(t.at for t in alias.targets if t.weight is None), "mixed-weights", what, do)
    elif given and sum(given) == 0:
        what = f"all weights of '{shown(alias.name)}' are 0, so no request could go anywhere"
        problems.error(alias.at, "zero-weights", what, "give at least one target a weight above 0")


def _target_places(alias: ModelAlias, places: Places) -> list[tuple[str, Place]]:
    single = [(alias.target, places.of(alias.at, "target"))] if alias.target else []
    return single + [(t.model, places.of(t.at, "model")) for t in alias.targets if t.model]


def _check_targets(alias: ModelAlias, names: ModelNames, places: Places, problems: Problems) -> None:
    seen: set[str] = set()
    for target, at in _target_places(alias, places):
        if target.endswith("/*"):
            what = f"the alias '{shown(alias.name)}' stands for '{shown(target)}', which is no model but every model"
            problems.error(at, "unknown-model", what, f"name one model, such as {shown(target[:-1])}model-id")
        elif not names.knows(target):
            known = [name for name in names.hints() if name != alias.name]
            what = f"the alias '{shown(alias.name)}' stands for '{shown(target)}', which no provider serves"
            do = hint(target, known, _otherwise(target, names))
            problems.error(at, "unknown-model", what, do)
        if target in seen:
            what = f"'{shown(target)}' is twice among the targets of '{shown(alias.name)}'"
            problems.warn(at, "duplicate", what, "keep one of them")
        seen.add(target)


def _otherwise(target: str, names: ModelNames) -> str:
    """A wildcard serves any model, but which one an unlisted bare name belongs to nobody can know."""
    if names.prefixes and "/" not in target:
        return f"write it with its provider, such as '{names.prefixes[0]}{shown(target)}'; known are {{known}}"
    return "declare it in model_providers; known are {known}"


def _check_shadow(alias: ModelAlias, names: ModelNames, places: Places, problems: Problems) -> None:
    """An alias with a model's bare id that spreads over providers of that very model is what people want."""
    if alias.name not in names.declared:
        return
    ids = {split(p)[1] for p in names.config.model_providers if alias.name in (p.name, p.model, split(p)[1])}
    if all(target.partition("/")[2] in ids or target in ids for target in targets(alias)):
        return
    what = f"the alias '{shown(alias.name)}' hides the model of the same name"
    do = "rename the alias, unless requests for that model shall go elsewhere"
    problems.warn(places.key(places.top("model_aliases"), alias.name), "alias-shadows-model", what, do)


def _check_loops(names: ModelNames, problems: Problems) -> None:
    """A depth-first walk; each loop is reported once, at the alias it was entered by."""
    done: set[str] = set()
    before = len(problems.errors)
    for start in names.aliases:
        _walk(start, done, names, problems)
    if len(problems.errors) == before:
        _check_sizes(names, problems)


def _check_sizes(names: ModelNames, problems: Problems) -> None:
    """Aliases of aliases multiply. Each pass sees one level deeper, so what still grows at the end is too deep."""
    below = {n: [t for t in targets(alias) if t != n] for n, alias in names.aliases.items()}
    levels, sizes = dict.fromkeys(below, 1), dict.fromkeys(below, 1)
    for _ in range(MOST_LEVELS + 1):
        levels = {n: 1 + max((levels.get(t, 0) for t in found), default=0) for n, found in below.items()}
        sizes = {n: min(MOST_TARGETS + 1, sum(sizes.get(t, 1) for t in found)) for n, found in below.items()}
    for name in below:
        if levels[name] > MOST_LEVELS or sizes[name] > MOST_TARGETS:
            what = f"the alias '{shown(name)}' stands for too much"
            do = f"let it stand for at most {MOST_TARGETS} models, through at most {MOST_LEVELS} aliases"
            problems.error(names.aliases[name].at, "alias-size", what, do)


def _walk(start: str, done: set[str], names: ModelNames, problems: Problems) -> None:
    path: list[str] = []
    stack: list[tuple[str, int]] = [(start, 0)]
    while stack:
        name, depth = stack.pop()
        del path[depth:]
        if name in path:
            if not names.is_model(name):
                _report_loop(path[path.index(name) :], names, problems)
            continue
        if name in done or name not in names.aliases:
            continue
        done.add(name)
        path.append(name)
        stack.extend((target, depth + 1) for target in targets(names.aliases[name]))


def _report_loop(loop: list[str], names: ModelNames, problems: Problems) -> None:
    chain = " -> ".join(shown(name) for name in [*loop, loop[0]][:12])
    do = "let one of them stand for a model"
    problems.error(names.aliases[loop[0]].at, "alias-loop", f"these aliases stand for each other: {chain}", do)
