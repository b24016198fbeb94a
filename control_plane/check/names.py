"""Names that headers, logs and counters will say: agents and routing preferences.

In: ids and names as written. Out: problems for what could not be told apart there from something else.
"""

from __future__ import annotations

from control_plane.check.places import Places
from control_plane.config import Config
from control_plane.problems import Place, Problems
from control_plane.read.schema_check import shown

OWN_WORDS = frozenset(("several", "inline", "none", "-"))
"""What the gateway says itself where an agent or a preference would stand."""


def check(config: Config, places: Places, problems: Problems) -> None:
    for agent in config.agents:
        at = places.of(agent.at, "id")
        _check_name("agent id", agent.id, at, problems)
        if "," in agent.id:
            what = f"the agent id '{shown(agent.id)}' holds a comma, which separates agents in headers and logs"
            problems.error(at, "name-form", what, "use letters, digits, '-' and '_'")
    for preference in config.routing_preferences:
        _check_name("routing preference name", preference.name, places.of(preference.at, "name"), problems)


def _check_name(kind: str, name: str, at: Place, problems: Problems) -> None:
    if not name.isprintable():
        what = f"the {kind} '{shown(name)}' holds a line break or another control character"
        problems.error(at, "name-form", what, "write it in one line")
    elif name != name.strip():
        problems.error(at, "name-form", f"the {kind} '{shown(name)}' begins or ends with a space", "remove the space")
    elif name in OWN_WORDS:
        what = f"'{name}' cannot be an {kind}" if kind[0] == "a" else f"'{name}' cannot be a {kind}"
        problems.error(at, "name-form", f"{what}: headers, logs and counters say it for something else", "rename it")
