"""A file of cases: what is read from it, and where each mistake in it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from control_plane.problems import ConfigError
from control_plane.routing import cases
from control_plane.routing.choices import Choices, Option

CHAT = "/v1/chat/completions"


def choices(listener: str, *names: str, several: bool = False) -> Choices:
    options = tuple(Option(name, f"all about {name}", ()) for name in names)
    return Choices(
        listener=listener,
        kind="agent" if several else "model",
        options=options,
        several=several,
        ordered=True,
        deadline_s=2.0,
    )


LLM = choices("llm", "code", "travel")
CREW = choices("crew", "weather", "flights", several=True)


def read(folder: Path, text: str, *known: Choices, listener: str | None = None) -> tuple[cases.Case, ...]:
    file = folder / "cases.yaml"
    file.write_text(text)
    return cases.read(file, known or (LLM,), listener, CHAT)


def test_texts_conversations_and_every_way_to_expect(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "- {text: fix it, expect: code, listener: llm}\n"
        "- {text: 7, expect: none, listener: llm}\n"
        "- text: both\n"
        "  expect: [flights, weather]\n"
        "- expect: []\n"
        "  messages:\n"
        "    - {role: user, content: first}\n"
        "    - {role: assistant, content: second}\n"
        "    - {role: user, content: [{type: text, text: third}]}\n"
        "- {text: nothing, expect: }\n",
        LLM,
        CREW,
        listener="crew",
    )
    assert [(case.place.line, case.listener.listener, case.said, case.expected) for case in found] == [
        (1, "llm", "fix it", ("code",)),
        (2, "llm", "7", ()),
        (3, "crew", "both", ("flights", "weather")),
        (5, "crew", "third", ()),
        (10, "crew", "nothing", ()),
    ]
    assert found[0].call.body == {"messages": [{"role": "user", "content": "fix it"}]}
    assert [turn["role"] for turn in found[3].call.body["messages"]] == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("", "1:1", "must be a list of cases"),
        ("[]", "1:1", "must be a list of cases"),
        ("cases: []", "1:1", "must be a list of cases"),
        ("- fix it", "1:3", "a case must be a mapping"),
        ("- {expect: code}", "1:3", "needs either 'text' or 'messages'"),
        ("- {text: a, messages: [{role: user, content: b}], expect: code}", "1:3", "not both"),
        ("- {text: a}", "1:3", "'expect' is missing"),
        ("- {text: [a], expect: code}", "1:10", "'text' must be text"),
        ("- {text: a, expct: code}", "1:13", "unknown key 'expct' in a case; did you mean 'expect'?"),
        ("- {text: a,\n   expect: coed}", "2:12", "'coed', which is no preference of the listener llm; did you mean"),
        ("- {text: a, expect: {name: code}}", "1:21", "a list or a mapping, which is no preference"),
        ("- {text: a, expect: [code, travel]}", "1:21", "only one preference is chosen"),
        ("- {text: a, expect: code, listener: lllm}", "1:37", "no listener 'lllm'; did you mean 'llm'?"),
        ("- {text: a, expect: code, listener: [llm]}", "1:37", "'listener' must be a name"),
        ("- {messages: hello, expect: code}", "1:14", "'messages' must be a list"),
        ("- {messages: [{role: boss, content: a}], expect: code}", "1:15", "a message needs a role"),
        ("- {messages: [{role: assistant, content: a}], expect: code}", "1:14", "no message is a text of a user"),
        ("- {text: a\n", "2:1", "not valid YAML"),
    ],
)
def test_a_mistake_has_its_place(tmp_path: Path, text: str, place: str, what: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, text)
    said = [str(problem) for problem in raised.value.problems]
    assert any(what in line for line in said), said
    if "not valid" not in what:
        assert any(line.startswith(f"{tmp_path}/cases.yaml:{place}: error: ") and what in line for line in said), said


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, "- {text: a}\n- {text: b, expect: x}\n- {expect: code}\n")
    assert [problem.place.line for problem in raised.value.problems] == [1, 2, 3]


def test_several_listeners_and_none_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"several listeners could be meant .llm, crew.; add 'listener: NAME'"):
        read(tmp_path, "- {text: a, expect: none}", LLM, CREW)


def test_an_option_called_none(tmp_path: Path) -> None:
    odd = choices("odd", "none", "some")
    one, other = read(tmp_path, "- {text: a, expect: none}\n- {text: a, expect: []}\n", odd)
    assert (one.expected, other.expected) == (("none",), ())


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        cases.read(tmp_path / "none.yaml", (LLM,), None, CHAT)
