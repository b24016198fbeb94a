"""`plano-cp route`: what a gateway would choose for a text, without one; `route test`: whether that is right."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from control_plane.commands.source import compile_source, require, require_valid
from control_plane.console import Fault, Progress, WrongInput, paint, say, say_json, say_problems
from schemas.names import CHAT_PATHS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from control_plane.compile import Compiled
    from control_plane.routing.calls import Call
    from control_plane.routing.cases import Case
    from control_plane.routing.choices import Choices
    from control_plane.routing.score import Score
    from schemas.runtime import RuntimeConfig

HELP = """Choose for TEXT as the gateway of FILE would (default: config.yaml, then plano_config.yaml): which preference
and models, or which agents, with the score of every candidate. `-` reads TEXT from stdin.

\b
Examples:
  plano-cp route "fix the bug in my parser"
  plano-cp route plano.yaml "book me a flight to Rome" --listener travel
  plano-cp route plano.yaml --conversation chat.json     a list of messages, or a whole request body
  plano-cp route plano.yaml "hello" --router embedded    not the served router, should FILE have one
  plano-cp route test plano.yaml cases.yaml              many texts at once, see `plano-cp route test --help`

No gateway is needed and no agent is called; a served router is asked directly, with its key from the environment or
.env. Prices are those of the packaged list, latencies are not known. Exit codes: 0 chosen, 1 it cannot be decided here,
2 the configuration or the command line is wrong.
"""
TEST_HELP = """Choose for every case of CASES and compare with what is expected: precision, recall and F1 of each route,
who is taken for whom, the cases that fail. FILE as for `plano-cp route`.

\b
CASES is a YAML list:
  - text: fix the bug in my parser
    expect: code                        the name of a preference or an agent
  - text: weather in Rome, and a flight there
    expect: [weather, flights]          several agents, in order (any order where mode is parallel)
  - text: hello
    expect: none                        the default agent or the requested model answers
  - messages:                           a conversation
      - {role: user, content: what is a monad?}
      - {role: assistant, content: A monoid in ...}
      - {role: user, content: show me one in Python}
    expect: code
    listener: llm                       where FILE has several

\b
Examples:
  plano-cp route test cases.yaml
  plano-cp route test plano.yaml cases.yaml --min-accuracy 0.9

Exit codes: 0 enough cases are as expected, 1 fewer than --min-accuracy, 2 a file or the command line is wrong.
"""


class _Route(click.Group):
    """`route test ...` is a command of its own; whatever else follows `route` belongs to the question."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[:1] not in (["test"], ["--help"], ["-h"]):
            args = [_ASK, *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Those of the question, which has no name of its own."""
        click.Command.format_options(self.commands[_ASK], ctx, formatter)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return ["[OPTIONS]", "[FILE]", "TEXT"]


_ASK = "ask"


@click.command("route", cls=_Route, help=HELP, short_help="Say what would be chosen for a text, and how sure that is.")
def command() -> None:
    """See HELP."""


def _options(asked: Callable[..., Any]) -> Callable[..., Any]:
    """What both commands know."""
    options = (
        click.option("--listener", metavar="NAME", help="Which listener, where several choose."),
        click.option(
            "--router",
            "router",
            type=click.Choice(["configured", "embedded", "served"]),
            default="configured",
            show_default=True,
            help="Who is asked: as in the gateway, or one of them alone.",
        ),
        click.option("--path", type=click.Choice(CHAT_PATHS), default=CHAT_PATHS[0], help="The API to speak."),
        click.option("--json", "as_json", is_flag=True, help="Print everything as JSON."),
    )
    for option in reversed(options):
        asked = option(asked)
    return asked


@command.command(_ASK, help=HELP, hidden=True)
@click.argument("words", nargs=-1, metavar="[FILE] TEXT")
@click.option("--conversation", type=click.Path(path_type=Path), metavar="FILE.json", help="Instead of TEXT.")
@click.option("--model", default="", metavar="NAME", help="The model a client would name.")
@click.option(
    "--caller", default="", metavar="NAME", help="Only what this key (or token:ISSUER) may use; without it everything."
)
@_options
def ask(
    words: tuple[str, ...],
    conversation: Path | None,
    model: str,
    caller: str,
    listener: str | None,
    router: str,
    path: str,
    as_json: bool,
) -> None:
    """See HELP."""
    file, text = _file_and_text(words, conversation)
    compiled, config, known = _prepared(file)
    chosen = _pick(known, listener)
    call = replace(_call(text, conversation, path, model), caller=_caller(caller, config))
    (found,) = _decide(compiled, config, chosen.listener, [call], router)
    notes = _notes(found, config)
    if as_json:
        say_json({**found, "notes": notes})
    else:
        from control_plane.routing.text import decision_lines

        say("\n".join(decision_lines(found, notes, paint)))


@command.command("test", help=TEST_HELP, short_help="Say how many of many choices are right.")
@click.argument("words", nargs=-1, metavar="[FILE] CASES")
@click.option(
    "--min-accuracy",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Which part of the cases must be as expected.",
)
@_options
def test(
    words: tuple[str, ...], min_accuracy: float, listener: str | None, router: str, path: str, as_json: bool
) -> None:
    """See TEST_HELP."""
    from control_plane.problems import ConfigError
    from control_plane.routing import cases
    from control_plane.routing.score import score

    if len(words) not in (1, 2):
        raise WrongInput("name a file of cases: plano-cp route test [FILE] CASES; see plano-cp route test --help")
    compiled, config, known = _prepared(Path(words[0]) if len(words) == 2 else None)
    try:
        given = cases.read(Path(words[-1]), known, listener, path)
    except ConfigError as error:
        say_problems(error.problems)
        raise WrongInput(f"the cases are not usable: {len(error.problems.errors)} to correct") from None
    found = _decide_all(compiled, config, given, router)
    _report(score(_outcomes(given, found)), min_accuracy, found, as_json)


def _file_and_text(words: tuple[str, ...], conversation: Path | None) -> tuple[Path | None, str]:
    """FILE may be left out, TEXT only where a conversation stands for it."""
    if len(words) > (1 if conversation else 2):
        raise WrongInput("too many words: put the text in quotes, as in plano-cp route config.yaml 'the text'")
    if conversation is not None:
        return (Path(words[0]) if words else None), ""
    if not words:
        raise WrongInput("there is no text to choose for; write it in quotes, or give --conversation FILE.json")
    file = Path(words[0]) if len(words) == 2 else None
    if words[-1] != "-":
        return file, words[-1]
    if str(file) == "-":
        raise WrongInput("stdin cannot be both the configuration and the text")
    return file, sys.stdin.read()


def _prepared(file: Path | None) -> tuple[Compiled, RuntimeConfig, tuple[Choices, ...]]:
    from control_plane.routing.choices import choices
    from control_plane.runtime import runtime

    compiled = compile_source(require(file, None))
    require_valid(compiled, later="not-enforced")
    assert compiled.config and compiled.gateway, "checked by require_valid"
    config = runtime(compiled.config, compiled.gateway, compiled.plan)
    return compiled, config, choices(config)


def _pick(known: Sequence[Choices], listener: str | None) -> Choices:
    from control_plane.routing.choices import NoSuchListener, pick

    try:
        return pick(known, listener)
    except NoSuchListener as error:
        raise WrongInput(str(error)) from None


def _caller(name: str, config: RuntimeConfig) -> str:
    """As allow-lists know the caller. A name without any list may use everything, so it is worth a word."""
    if not name:
        return ""
    caller = name if name.startswith("token:") else f"key:{name}"
    listed = {allowance.caller for listener in config.listeners for allowance in listener.allowances}
    if caller not in listed:
        known = ", ".join(sorted(each.removeprefix("key:") for each in listed)) or "no caller"
        raise WrongInput(f"no allow-list is for the caller {name}; there are lists for {known}")
    return caller


def _call(text: str, conversation: Path | None, path: str, model: str) -> Call:
    from control_plane.routing import calls

    if conversation is None:
        return calls.spoken(text, path, model)
    try:
        return calls.read(conversation, path, model)
    except calls.NotAConversation as error:
        raise WrongInput(str(error)) from None


def _decide(
    compiled: Compiled, config: RuntimeConfig, listener: str, asked: Sequence[Call], router: str
) -> list[dict[str, Any]]:
    from control_plane.routing import child, served
    from schemas.runtime import dump

    try:
        chosen = served.chooser(compiled)
        server = served.server(compiled, chosen).plain() if served.needed(chosen, router) else None
    except served.CannotAsk as error:
        raise WrongInput(str(error)) from None
    task = {"task": "decide", "server": server, "runtime": dump(config), "listener": listener, "router": router}
    try:
        with Progress("choosing"):
            found = child.ask({**task, "calls": [call.plain() for call in asked]})
    except child.NoAnswer as error:
        raise Fault(str(error)) from None
    decisions: list[dict[str, Any]] = found["decisions"]
    return decisions


def _decide_all(compiled: Compiled, config: RuntimeConfig, given: Sequence[Case], router: str) -> list[dict[str, Any]]:
    """The decisions in the order of the cases; the cases of a listener are decided together."""
    found: dict[int, dict[str, Any]] = {}
    for name in dict.fromkeys(case.listener.listener for case in given):
        mine = [number for number, case in enumerate(given) if case.listener.listener == name]
        decisions = _decide(compiled, config, name, [given[number].call for number in mine], router)
        found.update(zip(mine, decisions, strict=True))
    return [found[number] for number in range(len(given))]


def _outcomes(given: Sequence[Case], found: Sequence[dict[str, Any]]) -> list[Any]:
    from control_plane.routing.score import Outcome

    return [
        Outcome(case, tuple(one["matched"]), one["answered"], one["error"] or one["why"], one["confidence"])
        for case, one in zip(given, found, strict=True)
    ]


def _notes(found: dict[str, Any], config: RuntimeConfig) -> list[str]:
    """What a running gateway would know beyond this."""
    notes = []
    preference = next((one for one in config.preferences if one.name == found["route"]), None)
    kinds = {source.kind for source in config.sources}
    if preference and preference.prefer == "cheapest" and "cost" in kinds:
        notes.append("ranked by the packaged price list; a running gateway asks the configured source")
    if preference and preference.prefer == "fastest":
        notes.append("latencies are known to a running gateway only; the models are in the order they are written")
    if found["kind"] == "model" and not found["candidates"]:
        notes.append("this listener has no routing_preferences: the model a request names answers it")
    if found["kind"] == "model" and not found["chosen"] and not found["error"]:
        notes.append("no model is named and none is the default: the gateway refuses this call with missing_model")
    return notes


def _report(found: Score, bar: float, decisions: Sequence[dict[str, Any]], as_json: bool) -> None:
    from control_plane.routing.plain import plain
    from control_plane.routing.text import score_lines

    routers = ", ".join(dict.fromkeys(one["router"] for one in decisions if one["router"]))
    if as_json:
        say_json(plain(found, bar, routers))
    else:
        say("\n".join(score_lines(found, bar, routers, paint)))
    raise SystemExit(0 if found.reaches(bar) else 1)
