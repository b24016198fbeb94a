"""How a listener decides: who chooses, between what, how long it may take, what happens where it cannot.

In: the plan of a listener. Out: settings in the order a reader asks for them, each with the line that decided it.
"""

from __future__ import annotations

from control_plane import config
from control_plane.explain.answer import Setting
from control_plane.explain.attempts import seconds
from control_plane.gateway import Agents, Decision
from control_plane.plan import Plan, Planned
from control_plane.plan.router import Chooser
from control_plane.problems import Place
from schemas import errors

_PREFER = {"cheapest": ", the cheapest first", "fastest": ", the fastest first"}


def deciding(whole: config.Config, made: Plan, planned: Planned) -> tuple[Setting, ...]:
    """Nothing where a single agent answers; little where only requests with preferences of their own are decided."""
    decision = planned.listener.decision
    if decision is None:
        return ()
    who = Setting(name="chosen by", value=who_chooses(made.chooser), at=made.chooser.at)
    if not decision.always:
        return (Setting(name="decided", value="only requests that bring routing_preferences", at=None), who)
    agents = planned.listener.serves if isinstance(planned.listener.serves, Agents) else None
    preferences = () if agents else tuple(_preference(one) for one in whole.routing_preferences)
    decided = Setting(name="decided", value=f"every request to {', '.join(decision.always)}", at=None)
    return (decided, who, *preferences, *_options(decision, planned.written.decision, agents))


def who_chooses(chooser: Chooser) -> str:
    """The router in words."""
    sure = f", from a probability of {chooser.threshold:g}" if chooser.threshold is not None else ""
    if chooser.provider is None:
        return f"the embedded router{sure}"
    served = f"{chooser.provider.label} at {chooser.provider.address.authority}"
    if chooser.kind == "cascade":
        return f"the embedded router{sure}, and where it is unsure {served}"
    return f"{served}, and where it fails the embedded router{sure}"


def _preference(preference: config.RoutingPreference) -> Setting:
    prefer = _PREFER.get(preference.selection_policy.prefer, "") if preference.selection_policy else ""
    value = f"{preference.name} -> {', '.join(preference.models)}{prefer}"
    return Setting(name="preference", value=value, at=preference.at)


def _options(decision: Decision, written: config.Decision | None, agents: Agents | None) -> tuple[Setting, ...]:
    def at(key: str) -> Place | None:
        return written.at if written and getattr(written, key) is not None else None

    default = next((agent.id for agent in agents.agents if agent.default), "") if agents else "the requested model"
    unfit = "no_agent_fits" if agents else "no_model_fits"
    several = "each reads the answers before it" if decision.mode == "sequential" else "all before the last at once"
    failing = _refused("agent_failed") if decision.agent_failure == "fail" else "the others go on without it"
    settings = (
        Setting(name="deadline", value=seconds(decision.deadline_s), at=at("deadline")),
        Setting(name="nothing fits", value=_or(decision.no_match, default, unfit), at=at("no_match")),
        Setting(
            name="router fails",
            value=_or(decision.router_failure, default, "router_failed"),
            at=at("router_failure"),
        ),
        Setting(
            name="sidecar fails",
            value=_or(decision.sidecar_failure, default, "decision_unavailable"),
            at=at("sidecar_failure"),
        ),
    )
    chain = (
        Setting(name="several agents", value=f"{decision.mode}: {several}", at=at("mode")),
        Setting(name="agent fails", value=failing, at=at("agent_failure")),
    )
    shown = Setting(name="answer headers", value="with the decision" if decision.headers else "none", at=at("headers"))
    waits = Setting(name="decision in all", value=f"at most {seconds(decision.total_s)}", at=None)
    return (*settings, *(chain if agents else ()), waits, shown)


def _or(choice: str, default: str, code: str) -> str:
    return f"{default} answers" if choice == "default" else _refused(code)


def _refused(code: str) -> str:
    return f"{errors.BY_CODE[code].status} {code}"
