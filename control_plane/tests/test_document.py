from pathlib import Path

import pytest

from control_plane.document import MAX_BYTES, MAX_DEPTH, MAX_NODES, load, parse
from control_plane.problems import ConfigError

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)

REFUSED = {
    "empty": (b"", "1:1", "empty"),
    "only a comment": (b"# nothing\n", "1:1", "empty"),
    "null": (b"~", "1:1", "empty"),
    "list at the top": (b"- a\n- b\n", "1:1", "not-a-mapping"),
    "text at the top": (b"\n  hello", "2:3", "not-a-mapping"),
    "malformed": (b"a: 1\nb: [1, 2\nc: 3\n", "3:2", "not-yaml"),
    "tab indentation": (b"a:\n\tb: 1", "2:1", "not-yaml"),
    "unclosed quote": (b'a: "x', "1:6", "not-yaml"),
    "colon in a value": (b"a: b: c", "1:5", "not-yaml"),
    "not utf-8": (b"a: ok\nb: \xff\xfe", "2:4", "not-utf-8"),
    "utf-16": ("a: 1".encode("utf-16"), "1:1", "not-utf-8"),
    "NUL": (b'a: "\x00"', "1:5", "control-character"),
    "escape character": (b"a: x\nb: \x1b[31m", "2:4", "control-character"),
    "duplicate key": (b"a: 1\nb: 2\na: 3", "3:1", "duplicate-key"),
    "nested duplicate key": (b"a:\n  b: 1\n  b: 2", "3:3", "duplicate-key"),
    "second document": (b"a: 1\n---\nb: 2", "2:1", "several-documents"),
    "too large": (b"a: " + b"x" * MAX_BYTES, "1:1", "too-large"),
    "too deep flow": (b"a: " + b"[" * 2_000_000, f"1:{3 + MAX_DEPTH}", "too-deep"),
    "too deep block": (
        b"".join(b" " * i + b"a:\n" for i in range(200)),
        f"{MAX_DEPTH + 1}:{MAX_DEPTH + 1}",
        "too-deep",
    ),
    "bomb": (BOMB.encode(), "5:11", "too-many-values"),
    "too many values": (b"a:\n" + b"- x\n" * (MAX_NODES + 5), f"{MAX_NODES - 1}:3", "too-many-values"),
    "alias of itself": (b"a: &x [1, *x]", "1:11", "alias"),
    "unknown alias": (b"a: *x", "1:4", "alias"),
    "python object": (b"a: !!python/object/apply:os.system [ls]", "1:4", "tag"),
    "own tag": (b"a: !secret x", "1:4", "tag"),
    "list as key": (b"? [a, b]\n: 1", "1:3", "key"),
    "merge of a scalar": (b"<<: 1", "1:5", "merge"),
}


@pytest.mark.parametrize(("content", "place", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_hostile_text_is_refused_at_its_place(content: bytes, place: str, rule: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(content, "plano.yaml")
    problem = caught.value.problems.errors[0]
    assert (str(problem.place), problem.rule) == (f"plano.yaml:{place}", rule)
    assert problem.what and problem.do


def test_every_duplicate_key_is_named_and_a_flood_of_them_ends() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(b"a: 1\na: 2\nb: 1\nb: 2\n", "f")
    assert len(caught.value.problems.errors) == 2
    with pytest.raises(ConfigError) as caught:
        parse(b"a: 1\n" * 20_000, "f")
    assert len(caught.value.problems.errors) < 100


def test_a_tab_is_told_as_such() -> None:
    with pytest.raises(ConfigError, match="spaces"):
        parse(b"a:\n  b: 1\n\tc: 2", "f")


SCALARS = {
    "true": True, "False": False, "yes": "yes", "on": "on", "no": "no", "null": None, "~": None, "12": 12, "-3": -3,
    "0x1f": 31, "0o17": 15, "1.5": 1.5, "1e3": 1000.0, ".inf": ".inf", ".nan": ".nan", "2024-01-01": "2024-01-01",
    "1_000": "1_000", "9" * 500: "9" * 500, '"12"': "12", "'true'": "true", "!!str 12": "12",
    "1:30": "1:30", "v0.4.0": "v0.4.0",
}  # fmt: skip


@pytest.mark.parametrize(("written", "value"), SCALARS.items(), ids=[k[:12] for k in SCALARS])
def test_scalars_mean_what_yaml_1_2_says(written: str, value: object) -> None:
    found = parse(f"a: {written}".encode(), "f").data["a"]
    assert found == value and type(found) is type(value)


def test_keys_are_text_as_written() -> None:
    assert parse(b"1: a\ntrue: b\n2024-01-01: c\n~: d", "f").data == {
        "1": "a",
        "true": "b",
        "2024-01-01": "c",
        "~": "d",
    }


def test_merge_keys_fill_in_what_is_not_written() -> None:
    text = b"base: &b {x: 1, y: 2}\nother: &o {z: 3, x: 9}\none:\n  <<: *b\n  y: 5\ntwo: {<<: [*b, *o]}\n"
    data = parse(text, "f").data
    assert data["one"] == {"x": 1, "y": 5}
    assert data["two"] == {"x": 1, "y": 2, "z": 3}


def test_an_alias_is_a_copy_of_its_anchor() -> None:
    document = parse(b"a: &x {k: [1]}\nb: *x\n", "f")
    assert document.data == {"a": {"k": [1]}, "b": {"k": [1]}}
    assert (document.place(("b",)).line, document.place(("b",)).column) == (2, 4)


def test_places_of_values_and_keys() -> None:
    document = parse(b"a:\n  - b: 1\n    cc: \xc3\xa9t\xc3\xa9\n", "dir/plano.yaml")
    assert str(document.place(("a", 0, "cc"))) == "dir/plano.yaml:3:9"
    assert str(document.key_place(("a", 0, "cc"))) == "dir/plano.yaml:3:5"
    assert str(document.place(("a", 0, "nope", "deeper"))) == "dir/plano.yaml:2:5"
    assert str(document.key_place(("a", 0))) == "dir/plano.yaml:2:5"
    assert str(document.place(())) == "dir/plano.yaml:1:1"
    assert document.directory == Path("dir")


def test_a_byte_order_mark_is_no_text() -> None:
    assert parse(b"\xef\xbb\xbfa: 1", "f").data == {"a": 1}


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml", Path("a\0b")):
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert caught.value.problems.errors[0].rule == "no-file"


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        load(Path("/dev/zero"))
    assert caught.value.problems.errors[0].rule == "too-large"
