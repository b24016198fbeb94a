from pathlib import Path

from control_plane.compile import compile_file, compile_text
from control_plane.tests.configs import MINIMAL, found


def test_a_good_file_gives_every_part(tmp_path: Path) -> None:
    path = tmp_path / "plano.yaml"
    path.write_text(MINIMAL.replace("12000", "$PORT") + "  - {model: openai/o3, access_key: sk-written}\n")
    (tmp_path / ".env").write_text("PORT=8080\nOPENAI_API_KEY=sk-secret\n")
    compiled = compile_file(path, {})
    assert compiled.document and compiled.config and compiled.gateway
    assert compiled.gateway.listeners[0].port == 8080
    assert "sk-secret" not in repr(compiled) and "sk-written" not in repr(compiled)


def test_a_broken_file_gives_what_there_is() -> None:
    compiled = compile_text(b"version: v0.4.0\nlisteners: 5\n", "<stdin>", Path("/nowhere"), {})
    assert compiled.document is not None and compiled.config is None and compiled.gateway is None
    assert found(compiled.problems) == ["2:12 wrong-type"]


def test_no_file(tmp_path: Path) -> None:
    compiled = compile_file(tmp_path / "none.yaml", {})
    assert compiled.document is None and found(compiled.problems) == ["1:1 no-file"]


def test_a_broken_environment_file_is_a_problem_of_that_file(tmp_path: Path) -> None:
    (tmp_path / "plano.yaml").write_text(MINIMAL)
    (tmp_path / ".env").write_text("sk-secret\n")
    problems = compile_file(tmp_path / "plano.yaml", {}).problems.errors
    assert [(Path(p.place.file).name, p.place.line) for p in problems] == [(".env", 1)]
    assert "sk-secret" not in str(problems[0])
