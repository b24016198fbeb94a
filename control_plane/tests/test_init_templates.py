"""Every template is a working configuration, and its first lines name every variable it needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from control_plane import compile as compiler
from control_plane import init_templates, secrets
from control_plane.init_templates import TEMPLATES

FOLDER = Path(init_templates.__file__).parent
SUPPLIED_BY_A_COMMENT = {"secure_listener": ("tls/server.crt", "tls/server.key")}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_compiles_once_its_variables_are_set(name: str, tmp_path: Path):
    for file in SUPPLIED_BY_A_COMMENT.get(name, ()):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("set up by the command in the template's comment", "utf-8")
    environ = dict.fromkeys(_exported(name), "value")
    compiled = compiler.compile_text(init_templates.text(name).encode(), f"{name}.yaml", tmp_path, environ)
    told = [str(problem) for problem in compiled.problems if problem.rule != "not-enforced"]
    assert told == []
    assert compiled.config is not None and compiled.gateway is not None and compiled.environment is not None
    assert secrets.missing(compiled.config, compiled.gateway, compiled.environment) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_asks_for_no_variable_it_does_not_use(name: str):
    body = init_templates.text(name).split("version: v0.4.0")[1]
    assert _exported(name) == set(re.findall(r"\$([A-Z_]+)", body))


@pytest.mark.parametrize("name", TEMPLATES)
def test_only_the_template_about_security_is_open_to_other_machines(name: str):
    text = init_templates.text(name)
    assert ("\n    address: 0.0.0.0" in text) == (name == "secure_listener")
    assert text.count("\n    address: ") == text.count("\n  - type: ")


def test_the_list_names_every_file():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(TEMPLATES)


def test_an_unknown_name_is_no_path():
    with pytest.raises(KeyError):
        init_templates.text("../../schemas/models")


def _exported(name: str) -> set[str]:
    (line,) = [line for line in init_templates.text(name).splitlines() if line.startswith("#   export ")]
    return set(re.findall(r"([A-Z_]+)=\.\.\.", line))
