"""`plano-cp doctor`: is the router model there, quick enough, and of one mind with the embedded router?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from control_plane.commands.source import compile_source, require, require_valid
from control_plane.console import Fault, Progress, WrongInput, paint, say, say_json, say_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from control_plane.routing.choices import Choices
    from control_plane.routing.samples import Samples
    from control_plane.routing.served import Model, Server

HELP = """Measure the served router model of FILE (default: config.yaml, then plano_config.yaml) or of --url:
time of an answer (p50, p99), prefix cache hits, agreement with the embedded router, and what to do about them.

\b
Examples:
  plano-cp doctor
  plano-cp doctor plano.yaml --cases cases.yaml     with the questions of `plano-cp route test`
  plano-cp doctor --url http://127.0.0.1:8000 --model Plano-Orchestrator-4B

Questions are those of --cases, else the examples (or descriptions) of the agents or preferences, else some of our own.
The server is asked directly, without a gateway. Where FILE has no served router the embedded one is measured. Exit
codes: 0 every question was answered, 1 some or all were not, 2 the configuration or the command line is wrong.
"""
WHY = {
    "late": "the server did not answer the first question within 15 s: is it still loading, or overloaded?",
    "unreachable": "no connection, or the server says that it cannot answer now (429, 5xx): does it run there?",
    "confused": "something answers there, but not as the server of this router model: check the address, the model's "
    "name and the key",
    "failed": "the server failed in a way there is no word for: look at its log",
}
_OF_A_SERVER = ("prefix cache hits", "same as reference")
"""Lines of the report that say nothing about the embedded router."""


@click.command("doctor", help=HELP, short_help="Measure the router model, and say what to do about it.")
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--url", metavar="URL", help="The server, instead of the one of FILE.")
@click.option("--model", metavar="NAME", help="With --url: what the server calls the model.")
@click.option("--prompt", metavar="FAMILY", default="", help="With --url: its prompt format (default: by its name).")
@click.option("--key-variable", metavar="NAME", help="With --url: the environment variable that holds a key.")
@click.option("--cases", type=click.Path(path_type=Path), metavar="CASES", help="Questions, as for `route test`.")
@click.option("--listener", metavar="NAME", help="Whose agents or preferences to choose from, where several do.")
@click.option("--rounds", type=click.IntRange(1, 1000), help="How often each question is asked (default: 30 in all).")
@click.option("--at-once", type=click.IntRange(1, 256), default=1, show_default=True, help="Questions at a time.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def command(
    file: Path | None,
    url: str | None,
    model: str | None,
    prompt: str,
    key_variable: str | None,
    cases: Path | None,
    listener: str | None,
    rounds: int | None,
    at_once: int,
    as_json: bool,
) -> None:
    """See HELP."""
    if url is None:
        _nothing_by_url(model, prompt, key_variable)
        choices, asked = _configured(require(file, None), listener, ask_router=True)
    else:
        asked = _by_url(url, model, prompt, key_variable)
        choices = _configured(file, listener, ask_router=False)[0] if file else None
    questions = _samples(choices, cases, rounds)
    found = _measure(asked, questions, at_once)
    where = asked[0].root_url if asked else ""
    if as_json:
        say_json({"server": where or None, "model": asked[1].model if asked else None, **_shown(found)})
    else:
        _print(found, asked, questions)
    answered = "report" in found and not found["report"]["errors"]
    raise SystemExit(0 if answered else 1)


def _by_url(url: str, model: str | None, prompt: str, key_variable: str | None) -> tuple[Server, Model]:
    from control_plane.routing import served

    if not model:
        raise WrongInput("--url needs --model: what the server calls the router model (see its /v1/models)")
    key = os.environ.get(key_variable) if key_variable else None
    if key_variable and not key:
        raise WrongInput(f"{key_variable} is not set; export it, or leave --key-variable out")
    try:
        server = served.at_url(url, key)
    except served.CannotAsk as error:
        raise WrongInput(str(error)) from None
    return server, served.Model(model=model, prompt=prompt, context_tokens=served.CONTEXT_TOKENS)


def _nothing_by_url(model: str | None, prompt: str, key_variable: str | None) -> None:
    if model or prompt or key_variable:
        raise WrongInput("--model, --prompt and --key-variable belong to --url; FILE says them in its section router")


def _configured(
    path: Path, listener: str | None, *, ask_router: bool
) -> tuple[Choices | None, tuple[Server, Model] | None]:
    """What the configuration chooses between, and its served router where it has one."""
    from control_plane.routing import choices, served
    from control_plane.runtime import runtime

    compiled = compile_source(path)
    require_valid(compiled, later="not-enforced")
    assert compiled.config and compiled.gateway, "checked by require_valid"
    try:
        known = choices.choices(runtime(compiled.config, compiled.gateway, compiled.plan))
        picked = choices.pick(known, listener)
        chosen = served.chooser(compiled)
        if not ask_router or chosen.provider is None:
            return picked, None
        return picked, (served.server(compiled, chosen), served.model(chosen))
    except (choices.NoSuchListener, served.CannotAsk) as error:
        raise WrongInput(str(error).partition("; or use --router")[0]) from None


def _samples(choices: Choices | None, cases: Path | None, rounds: int | None) -> Samples:
    from control_plane.problems import ConfigError
    from control_plane.routing import cases as read_cases
    from control_plane.routing import samples
    from schemas import names

    known = [choices if choices and choices.options else samples.OURS]
    try:
        given = read_cases.read(cases, known, known[0].listener, names.CHAT_PATHS[0]) if cases else ()
    except ConfigError as error:
        say_problems(error.problems)
        raise WrongInput(f"the cases are not usable: {len(error.problems.errors)} to correct") from None
    return samples.samples(choices, given, rounds)


def _measure(asked: tuple[Server, Model] | None, questions: Samples, at_once: int) -> dict[str, Any]:
    from dataclasses import asdict

    from control_plane.routing import child
    from control_plane.routing.samples import DEADLINE_S

    task = {
        "task": "examine",
        "server": asked[0].plain() if asked else None,
        "model": asdict(asked[1]) if asked else None,
        **questions.plain(),
        "deadline_s": questions.choices.deadline_s or DEADLINE_S,
        "at_once": at_once,
    }
    try:
        with Progress("asking the router"):
            return child.ask(task)
    except child.NoAnswer as error:
        raise Fault(str(error)) from None


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "text"}


def _print(found: dict[str, Any], asked: tuple[Server, Model] | None, questions: Samples) -> None:
    if asked is None:
        say("no served router is configured: the embedded one decides, and is measured here\n")
    else:
        say(f"{paint(asked[1].model, 'cyan', bold=True)} at {asked[0].root_url}\n")
    if "report" not in found:
        say(f"{paint('not usable', 'red', bold=True)}: {WHY[found['unreachable']]}")
        say(_what_to_do(found, asked))
        return
    for line in found["text"].splitlines():
        if asked is not None or not line.startswith(_OF_A_SERVER):
            say(line)
    for note in _notes(found, questions):
        say(f"note: {note}")


def _what_to_do(found: dict[str, Any], asked: tuple[Server, Model] | None) -> str:
    serves: Sequence[str] | None = found["serves"]
    if serves is not None and asked is not None and asked[1].model not in serves:
        return f"the server has no model {asked[1].model!r}; it has: {', '.join(serves) or 'none'}"
    return "a server of your own: python -m router_model.serve --dry-run prints how to start one"


def _notes(found: dict[str, Any], questions: Samples) -> list[str]:
    notes = []
    if questions.choices.listener == "":
        notes.append("the questions are our own: with a configuration its agents or preferences are asked about")
    elif not any(option.examples for option in questions.choices.options) and not questions.given:
        notes.append("there are no examples, so the descriptions themselves were asked: give examples, or --cases")
    if questions.rounds > 1 and found["report"]["hit_rate"] is not None:
        notes.append(f"each question was asked {questions.rounds} times, which raises the rate of prefix cache hits")
    return notes
