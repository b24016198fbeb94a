"""Any file that follows the documentation compiles, renders to the same bytes however its keys are ordered, explains
every model it lists, shows no secret, and is accepted by Envoy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from control_plane.compile import Compiled, compile_text
from control_plane.deployment import Deployment
from control_plane.explain import explain
from control_plane.explain import text as explain_text
from control_plane.gateway import Models
from control_plane.render import Rendered, check, render
from control_plane.secrets import values

SECRETS = {
    "KEY_A": "sk-value-of-a",
    "KEY_B": 'sk-"value"-of-b',
    "HEADER": "value-of-header",
    "CALLER": "value-caller-1",
}
# Shrinking would cost minutes: a failing example is printed as it was found.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
DURATIONS = st.sampled_from([5, 0.25, "250ms", "30s", "5m", "1h"])
NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N"), include_characters="-._ "), min_size=1, max_size=20)
NAMES = NAMES.map(str.strip).filter(lambda name: name and not name.startswith((".", "-")))
BASES = st.sampled_from(
    ["http://127.0.0.1:9001", "https://models.example/v1", "http://[::1]:9", "https://[2001:db8::7]/base/", "http://h"]
)


def sometimes(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping that has any of these keys."""
    return st.fixed_dictionaries({}, optional=keys)


TIMEOUTS = sometimes(connect=DURATIONS, first_byte=st.sampled_from(["1s", 5]), idle=st.sampled_from([5, "6m"]))
RETRY = sometimes(
    attempts=st.integers(0, 10),
    on=st.lists(st.sampled_from(["connect-failure", "reset", "5xx", "gateway-error"]), min_size=1, unique=True),
    status_codes=st.lists(st.integers(400, 599), min_size=1, max_size=3, unique=True),
    backoff_base=st.just("10ms"),
    backoff_max=st.just("2s"),
)
COMMON = {
    "access_key": st.sampled_from(["$KEY_A", "${KEY_B}"]),
    "timeouts": TIMEOUTS,
    "retry": RETRY,
    "headers": st.dictionaries(st.sampled_from(["X-Team", "User-Agent"]), st.sampled_from(["$HEADER", "100%", "ü"])),
}


@st.composite
def providers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Entries with names of their own; the first is the default, one prefix may be taken whole."""
    found = []
    for number, name in enumerate(draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))):
        name = name.replace(" ", "_")
        prefix = draw(st.sampled_from(["openai", "anthropic", "groq", "mistral", "mine"]))
        entry = {"model": f"{prefix}/{name}-{number}", "base_url": draw(BASES)} | draw(sometimes(**COMMON))
        entry |= {"provider_interface": draw(st.sampled_from(["openai", "anthropic"]))} if prefix == "mine" else {}
        entry |= {"name": f"entry {number} {name}"} if draw(st.booleans()) else {}
        found.append(entry)
    found[0]["default"] = True
    if draw(st.booleans()):
        found.append({"model": "deepseek/*", "access_key": "$KEY_B"})
    return found


def aliases(models: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    one = st.fixed_dictionaries({"target": st.sampled_from(models)}, optional={"timeouts": TIMEOUTS, "retry": RETRY})
    several = st.lists(st.sampled_from(models), min_size=1, max_size=3, unique=True)
    failover = several.map(lambda names: {"targets": [{"model": name} for name in names]})
    split = several.map(lambda names: {"targets": [{"model": name, "weight": 3} for name in names]})
    return st.dictionaries(NAMES.map(lambda name: f"alias {name}"), one | failover | split, max_size=2)


def auths(models: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    caller = st.fixed_dictionaries(
        {"name": NAMES, "key": st.just("$CALLER")},
        optional={"models": st.lists(st.sampled_from(models), min_size=1, unique=True)},
    )
    return st.fixed_dictionaries(
        {"api_keys": st.lists(caller, min_size=1, max_size=1)}, optional={"header": st.just("X-Key")}
    )


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """A whole file."""
    entries = draw(providers())
    models = [entry["model"] for entry in entries if not entry["model"].endswith("*")]
    listeners = []
    for number in range(draw(st.integers(1, 2))):
        listener = {"type": "model", "name": f"llm {number}", "port": 12000 + number}
        listeners.append(
            listener
            | draw(
                sometimes(
                    address=st.sampled_from(["127.0.0.1", "::1", "0.0.0.0", "::"]),
                    timeouts=TIMEOUTS,
                    retry=RETRY,
                    max_body_bytes=st.integers(1, 1 << 30),
                    auth=auths(models),
                )
            )
        )
    return {
        "version": "v0.4.0",
        "listeners": listeners,
        "model_providers": entries,
        "model_aliases": draw(aliases(models)),
    } | draw(sometimes(tracing=st.just({"random_sampling": 100, "opentracing_grpc_endpoint": "http://127.0.0.1:4317"})))


def turned(value: Any) -> Any:
    """The same with the keys of every mapping in the opposite order; aliases are listed to clients as written."""
    if isinstance(value, dict):
        reordered = {key: turned(child) for key, child in reversed(value.items())}
        return reordered | ({"model_aliases": value["model_aliases"]} if "model_aliases" in value else {})
    return [turned(child) for child in value] if isinstance(value, list) else value


def compiled_of(whole: dict[str, Any]) -> Compiled:
    found = compile_text(json.dumps(whole, ensure_ascii=False).encode(), "gateway.yaml", Path("/nowhere"), SECRETS)
    assert not found.problems.errors, "\n".join(str(problem) for problem in found.problems)
    return found


def rendered_of(whole: dict[str, Any]) -> Rendered:
    return render(compiled_of(whole), Deployment())


@settings(max_examples=40, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(whole=files())
def test_documented_file(whole: dict[str, Any]) -> None:
    compiled = compiled_of(whole)
    assert compiled.gateway and compiled.config
    rendered = render(compiled, Deployment())
    again = rendered_of(whole)
    assert (rendered.bootstrap, rendered.runtime) == (again.bootstrap, again.runtime)
    reordered = rendered_of(turned(whole))
    assert (rendered.bootstrap, rendered.runtime) == (reordered.bootstrap, reordered.runtime)
    shown = rendered.bootstrap + rendered.runtime + repr(compiled) + "".join(map(str, compiled.problems))
    for listener in compiled.gateway.listeners:
        assert isinstance(listener.serves, Models)
        for listed in listener.serves.listed:
            answer = explain(compiled, model=listed.id, listener=listener.name)
            assert len(answer.requests) == 1 and answer.requests[0].route is not None
            shown += explain_text.text(answer)
    assert not [name for name, value in SECRETS.items() if value in shown or json.dumps(value)[1:-1] in shown]


@settings(max_examples=8, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(whole=files())
def test_envoy_accepts_a_documented_file(whole: dict[str, Any]) -> None:
    compiled = compiled_of(whole)
    assert compiled.gateway and compiled.config
    environ = values(compiled.config, compiled.gateway, compiled.environment)
    assert check(render(compiled, Deployment()).bootstrap, environ) is None
