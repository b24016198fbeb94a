"""Small configurations for tests: text in, problems and values out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from control_plane import document, read
from control_plane.config import Config
from control_plane.problems import ConfigError, Problems

CORPUS = Path(__file__).parent / "corpus"

MINIMAL = """\
version: v0.4.0
listeners:
  - {type: model, name: llm, port: 12000}
model_providers:
  - {model: openai/gpt-4o, access_key: $OPENAI_API_KEY, default: true}
"""

HEAD = """\
version: v0.4.0
agents: [{id: rag, url: http://localhost:1}, {id: web, url: http://localhost:2}]
filters: [{id: guard, url: http://localhost:3}]
listeners:
  - {type: model, name: llm, port: 12000}
model_providers:
  - {model: openai/gpt-4o, access_key: $K, default: true}
"""
AGENTS = "[{id: rag, description: answers questions about the handbook}]"


def listener(rest: str) -> str:
    """HEAD with one more listener in line 6."""
    return HEAD.replace("model_providers:", f"  - {rest}\nmodel_providers:")


def provider(*rest: str) -> str:
    """HEAD with more providers from line 8 on."""
    return HEAD + "".join(f"  - {{{one}}}\n" for one in rest)


def second(rest: str) -> str:
    """HEAD with a second model listener in line 6."""
    return listener(f"{{type: model, name: b, port: 1, {rest}}}")


KEY = "access_key: $K"


def read_text(text: str | bytes, env: Mapping[str, str] | None = None) -> tuple[Config | None, Problems]:
    """Reads a configuration that lies in /etc/plano/plano.yaml."""
    problems = Problems()
    content = text.encode() if isinstance(text, str) else text
    try:
        parsed = document.parse(content, "plano.yaml", Path("/etc/plano"))
        return read.config(parsed, env or {}, problems), problems
    except ConfigError as error:
        return None, error.problems


def accepted(text: str, env: Mapping[str, str] | None = None) -> Config:
    config, problems = read_text(text, env)
    assert config is not None, "\n".join(map(str, problems.errors))
    return config


def found(problems: Problems, level: str = "error") -> list[str]:
    """`line:column rule` of each problem of a level, in order."""
    return [f"{p.place.line}:{p.place.column} {p.rule}" for p in problems if p.level == level]


def refused_once(text: str, line: int, rule: str, what: str, do: str) -> None:
    """One error, told in that line, by that rule, in words that hold these; never with a written secret in it."""
    config, problems = read_text(text)
    assert config is None
    assert [(p.place.line, p.rule) for p in problems.errors] == [(line, rule)], "\n".join(map(str, problems))
    assert what in problems.errors[0].what and do in problems.errors[0].do, str(problems.errors[0])
    assert "pw-secret" not in str(problems.errors[0])
