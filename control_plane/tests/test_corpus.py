"""Real users' files: which are accepted as they are, and what exactly is wrong with the others."""

from pathlib import Path

import pytest

from control_plane.compile import compile_file
from control_plane.tests.configs import CORPUS

FILES = sorted(CORPUS.glob("*.yaml"))

# Everything else is accepted. These name something that is declared nowhere in the file.
REFUSED = {
    "build_with_plano--includes--multi_turn--prompt_targets_multi_turn.yaml": (
        "33:13 unknown-reference",
        "the endpoint 'rag_energy_source_agent' is not declared",
    ),
    "resources--includes--plano_config_full_reference.yaml": (
        "116:13 unknown-reference",
        "the agent 'rag_agent' is not declared",
    ),
}


def test_the_corpus_is_complete() -> None:
    assert len(FILES) == 27 and REFUSED.keys() <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_accepted_or_refused_for_a_real_fault(path: Path) -> None:
    compiled = compile_file(path, {})
    told = [(f"{p.place.line}:{p.place.column} {p.rule}", p.what) for p in compiled.problems.errors]
    assert told == ([REFUSED[path.name]] if path.name in REFUSED else [])
    assert (compiled.gateway is None) == (path.name in REFUSED)
    assert all(problem.place.file == str(path) for problem in compiled.problems)


def test_what_is_missing_there_can_be_added(tmp_path: Path) -> None:
    for name, addition in zip(
        REFUSED, ("endpoints: {rag_energy_source_agent: {endpoint: 'localhost:18083'}}\n", None), strict=True
    ):
        text = (CORPUS / name).read_text()
        text = (
            text + addition
            if addition
            else text.replace("agents:\n", "agents:\n  - {id: rag_agent, url: http://h:1}\n", 1)
        )
        (tmp_path / name).write_text(text)
        compiled = compile_file(tmp_path / name, {})
        assert compiled.gateway is not None, "\n".join(map(str, compiled.problems.errors))
