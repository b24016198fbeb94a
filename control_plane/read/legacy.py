"""Old spellings -> the spelling of v0.4.0, each with a warning that names the new form. Nothing else knows old ones.

In: the tree of a document of any version. Out: a tree in today's form; a moved node keeps its place, so that later
problems still point at the user's own line. Must never drop anything silently.
"""

from __future__ import annotations

from control_plane.document import Mapping, Node, Scalar, Sequence
from control_plane.problems import Place, Problems
from control_plane.read import legacy_preferences, legacy_providers, schema_check
from control_plane.read.former import drop, mappings, warn_old

_ROUTERS = ("arch_agent_router", "plano_agent_router")
_ROUTER = "plano_orchestrator_v1"
_YES = ("yes", "Yes", "YES", "on", "On", "ON")
_NO = ("no", "No", "NO", "off", "Off", "OFF")
_SWITCHES = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}


def modernise(root: Mapping, problems: Problems) -> None:
    """Rewrites the tree in place."""
    _switches(root, problems)
    _rename(root, "llm_providers", "model_providers", problems)
    _rename(root, "state_storage_v1_responses", "state_storage", problems)
    _single_listener(root, problems)
    _listener_object(root, problems)
    for listener in mappings(root.entries.get("listeners")):
        _rename(listener, "filter_chain", "input_filters", problems)
        _router(listener, problems)
        for agent in mappings(listener.entries.get("agents")):
            _rename(agent, "filter_chain", "input_filters", problems)
    for provider in mappings(root.entries.get("model_providers")):
        legacy_providers.modernise(provider, problems)
    _exporters(root, problems)
    legacy_preferences.lift(root, problems)


def _rename(owner: Mapping, old: str, new: str, problems: Problems) -> None:
    place = owner.keys.get(old)
    node = owner.take(old)
    if node is None or place is None:
        return
    if new in owner.entries:
        problems.error(place, "both-spellings", f"'{old}' is the former name of '{new}', given too", f"keep '{new}'")
        return
    owner.put(new, node, place)
    warn_old(problems, place, f"'{old}' is the former name of '{new}'", f"write '{new}'")


def _router(listener: Mapping, problems: Problems) -> None:
    router = listener.entries.get("router")
    if isinstance(router, Scalar) and router.value in _ROUTERS:
        warn_old(problems, router.place, f"'{router.text}' is the former name of '{_ROUTER}'", f"write '{_ROUTER}'")
        router.value = _ROUTER


def _switches(node: Node, problems: Problems) -> None:
    """yes/no/on/off where a true/false belongs: older YAML readers take them for booleans."""
    match node:
        case Mapping():
            for key, value in node.entries.items():
                if (
                    key in schema_check.flags()
                    and isinstance(value, Scalar)
                    and value.plain
                    and value.text in _SWITCHES
                ):
                    value.value = _SWITCHES[value.text]
                    new = str(value.value).lower()
                    warn_old(problems, value.place, f"'{value.text}' means {new} only in old YAML", f"write {new}")
                else:
                    _switches(value, problems)
        case Sequence():
            for item in node.items:
                _switches(item, problems)


def _single_listener(root: Mapping, problems: Problems) -> None:
    for key in ("listener", "listen"):
        place = root.keys.get(key)
        node = root.take(key)
        if node is None or place is None:
            continue
        if "listeners" in root.entries:
            problems.error(place, "both-spellings", f"'{key}' and 'listeners' are both given", "keep 'listeners'")
            continue
        do = "write 'listeners:' as a list with an entry '- type: prompt'"
        warn_old(problems, place, f"'{key}' is a former spelling of one prompt listener", do)
        listener = _listener(node, "prompt", "ingress_traffic", 10000, place, problems)
        root.put("listeners", Sequence(place, [listener]), place)


def _listener_object(root: Mapping, problems: Problems) -> None:
    old = root.entries.get("listeners")
    if not isinstance(old, Mapping):
        return
    place = root.keys["listeners"]
    items: list[Node] = []
    for key, kind, port in (("ingress_traffic", "prompt", 10000), ("egress_traffic", "model", 12000)):
        key_place = old.keys.get(key, place)
        node = old.take(key)
        if node is not None:
            items.append(_listener(node, kind, key, port, key_place, problems))
    for key, key_place in old.keys.items():
        what = f"unknown key '{key[:60]}' in listeners"
        problems.error(key_place, "unknown-key", what, "write listeners as a list of entries with type, name and port")
    do = "write a list: '- type: prompt' for ingress_traffic, '- type: model' for egress_traffic"
    warn_old(problems, place, "listeners as a mapping is the former spelling", do)
    root.put("listeners", Sequence(old.place, items), place)


def _listener(node: Node, kind: str, name: str, port: int, place: Place, problems: Problems) -> Node:
    if isinstance(node, Scalar) and node.value is None:
        node = Mapping(place)
    if not isinstance(node, Mapping):
        return node
    drop(node, "message_format", "message_format does nothing: the path of a request says its format", problems)
    drop(node, "connect_timeout", "a listener's connect_timeout does nothing: see overrides", problems)
    for key, value in (("type", kind), ("name", name), ("port", port)):
        if key not in node.entries:
            node.put(key, Scalar(place, str(value), True, value), place)
    return node


def _exporters(root: Mapping, problems: Problems) -> None:
    tracing = root.entries.get("tracing")
    exporters = tracing.entries.get("exporters") if isinstance(tracing, Mapping) else None
    if not isinstance(exporters, Sequence):
        return
    for exporter in list(mappings(exporters)):
        place, enabled = exporter.keys.get("enabled"), exporter.take("enabled")
        if place is None:
            continue
        warn_old(problems, place, "'enabled' of an exporter is a former switch", "leave the exporter out instead")
        if isinstance(enabled, Scalar) and enabled.value is False:
            exporters.items.remove(exporter)
