"""Former spellings of one model provider -> the one of v0.4.0; a moved node keeps its place."""

from __future__ import annotations

from control_plane.document import Mapping, Scalar, Sequence
from control_plane.problems import Problems
from control_plane.read.former import drop, warn_old

_INTERFACES = {"claude": "anthropic", "arch": "plano"}


def modernise(provider: Mapping, problems: Problems) -> None:
    """Rewrites one provider in place."""
    drop(provider, "stream", "stream does nothing: each request says whether it wants a stream", problems)
    _fold_prefix(provider, problems)
    _fold_interface(provider, problems)
    _rename_prefix(provider, problems)
    _usage(provider, problems)
    interface = provider.entries.get("provider_interface")
    if isinstance(interface, Scalar) and interface.value in _INTERFACES:
        new = _INTERFACES[str(interface.value)]
        warn_old(problems, interface.place, f"'{interface.text}' is the former name of '{new}'", f"write '{new}'")
        interface.value = new


def _fold_prefix(provider: Mapping, problems: Problems) -> None:
    """`provider: openai` + `model: gpt-4o` -> `model: openai/gpt-4o`."""
    place = provider.keys.get("provider")
    old, model = provider.entries.get("provider"), provider.entries.get("model")
    if place is None or not isinstance(old, Scalar) or not isinstance(old.value, str):
        return
    provider.take("provider")
    if "provider_interface" in provider.entries:
        what = "'provider' and 'provider_interface' are both given"
        problems.error(place, "both-spellings", what, "remove 'provider' and write 'model: prefix/id'")
    prefix = _INTERFACES.get(old.value, old.value)
    if not isinstance(model, Scalar) or not isinstance(model.value, str):
        do = f"write 'model: {prefix}/<model id>'"
        return warn_old(problems, place, "'provider' is the former place of the model's prefix", do)
    if not model.value.startswith(f"{prefix}/"):
        model.value = f"{prefix}/{model.value}"
    warn_old(problems, place, "'provider' is the former place of the model's prefix", f"write 'model: {model.value}'")


def _fold_interface(provider: Mapping, problems: Problems) -> None:
    """`provider_interface: openai` + `model: gpt-4o` -> `model: openai/gpt-4o`."""
    place = provider.keys.get("provider_interface")
    old, model = provider.entries.get("provider_interface"), provider.entries.get("model")
    if place is None or not isinstance(old, Scalar) or not isinstance(old.value, str):
        return
    if not isinstance(model, Scalar) or not isinstance(model.value, str) or "/" in model.value or not model.value:
        return
    provider.take("provider_interface")
    model.value = f"{_INTERFACES.get(old.value, old.value)}/{model.value}"
    what = "'provider_interface' is the former place of the model's prefix"
    warn_old(problems, place, what, f"write 'model: {model.value}'")


def _rename_prefix(provider: Mapping, problems: Problems) -> None:
    model = provider.entries.get("model")
    if not isinstance(model, Scalar) or not isinstance(model.value, str):
        return
    prefix, slash, rest = model.value.partition("/")
    if slash and prefix in _INTERFACES and "provider_interface" not in provider.entries:
        model.value = f"{_INTERFACES[prefix]}/{rest}"
        what = f"'{prefix}' is the former name of '{_INTERFACES[prefix]}'"
        warn_old(problems, model.place, what, f"write '{model.value}'")


def _usage(provider: Mapping, problems: Problems) -> None:
    """`usage: writing code` -> a routing preference named as the provider, which is warned of where it is lifted."""
    place = provider.keys.get("usage")
    usage, name = provider.entries.get("usage"), provider.entries.get("name") or provider.entries.get("model")
    if place is None or not isinstance(usage, Scalar) or not isinstance(name, Scalar):
        return
    provider.take("usage")
    if "routing_preferences" in provider.entries:
        return warn_old(problems, place, "'usage' has no effect beside routing_preferences", "remove it")
    task = Mapping(usage.place)
    task.put("name", name)
    task.put("description", usage)
    provider.put("routing_preferences", Sequence(place, [task]), place)
