"""Texts and files as calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from control_plane.routing import calls
from schemas import names

CHAT, MESSAGES, RESPONSES = names.CHAT_PATHS


@pytest.mark.parametrize(("path", "key"), [(CHAT, "messages"), (MESSAGES, "messages"), (RESPONSES, "input")])
def test_a_text(path: str, key: str) -> None:
    assert calls.spoken("hi", path).body == {key: [{"role": "user", "content": "hi"}]}
    assert calls.spoken("hi", path, "m").plain()["model"] == "m"


@pytest.mark.parametrize(
    ("content", "model", "named"),
    [
        ([{"role": "user", "content": "a"}], "", ""),
        ({"messages": [], "model": "theirs", "routing_preferences": []}, "", "theirs"),
        ({"messages": [], "model": "theirs"}, "mine", "mine"),
        ({"messages": [], "model": 7}, "", ""),
    ],
)
def test_a_file(tmp_path: Path, content: object, model: str, named: str) -> None:
    file = tmp_path / "chat.json"
    file.write_text(json.dumps(content))
    found = calls.read(file, CHAT, model)
    assert found.model == named
    assert named == "" or found.body["model"] == named
    if isinstance(content, dict):
        assert set(content) <= set(found.body)


@pytest.mark.parametrize(
    ("content", "what"), [("[{]", r":1:3: this is not JSON"), ('"hello"', "a list of messages, or a whole")]
)
def test_what_is_no_conversation(tmp_path: Path, content: str, what: str) -> None:
    file = tmp_path / "chat.json"
    file.write_text(content)
    with pytest.raises(calls.NotAConversation, match=what):
        calls.read(file, CHAT)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(calls.NotAConversation, match="no such file"):
        calls.read(tmp_path / "none.json", CHAT)
