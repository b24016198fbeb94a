from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ext_proc import log
from ext_proc.call import Record
from schemas.decisions import Why

RECORD = Record(
    listener="llm",
    why=Why.PREFERENCE,
    candidates=("code", "travel"),
    chosen=("openai/gpt-4o",),
    route="code",
    model="openai/gpt-4o",
    confidence=0.123456,
    router="embedded-1",
    steps_ms={"read": 0.12345},
    total_ms=1.23456,
    request_id="r-1",
    more={"plano.session_id": "s-1"},
)


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    log.set_up("info")
    yield logging.getLogger("ext_proc")
    root.handlers[:], root.level = handlers, level
    logging.getLogger("ext_proc").setLevel(logging.NOTSET)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_decision_is_one_line_with_what_is_known(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    log.decisions(logger, [RECORD])
    (line,) = lines(capsys)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info",
        "event": "decision",
        "listener": "llm",
        "why": "preference",
        "candidates": ["code", "travel"],
        "chosen": ["openai/gpt-4o"],
        "route": "code",
        "model": "openai/gpt-4o",
        "confidence": 0.1235,
        "router": "embedded-1",
        "steps_ms": {"read": 0.123},
        "total_ms": 1.235,
        "request_id": "r-1",
        "plano.session_id": "s-1",
    }


def test_every_decision_has_its_own_line(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    log.decisions(logger, [RECORD, Record(listener="travel", why=Why.FAULT, error="router_failed")])
    assert [(line["listener"], line.get("decision_error")) for line in lines(capsys)] == [
        ("llm", None),
        ("travel", "router_failed"),
    ]


def test_a_level_above_info_leaves_decisions_out(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logger.setLevel(logging.WARNING)
    log.decisions(logger, [RECORD])
    assert lines(capsys) == []


@pytest.mark.parametrize("name", ["\ud800", "a\nb", '"', "ü"])
def test_a_name_a_client_made_up_stays_inside_its_line(
    name: str, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    log.decisions(logger, [Record(listener="llm", why=Why.INLINE_PREFERENCE, candidates=(name,)), RECORD])
    first, second = lines(capsys)
    assert first["candidates"] == [name]
    assert second["route"] == "code"


def test_an_error_is_told_by_its_kind_and_place_only(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise ValueError("what the user wrote")
    except ValueError as error:
        logger.error("call_failed", exc_info=error)
    text = capsys.readouterr().err
    line = json.loads(text)
    assert (line["level"], line["event"], line["error"]) == ("error", "call_failed", "ValueError")
    assert line["at"][-1].endswith("test_an_error_is_told_by_its_kind_and_place_only")
    assert "the user" not in text


def test_a_wrapped_error_is_told_by_what_was_raised_first(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise KeyError("the-secret-prompt")

    try:
        try:
            fail()
        except KeyError as error:
            raise RuntimeError("wrapped") from error
    except RuntimeError:
        logger.exception("call_failed")
    (line,) = lines(capsys)
    assert line["error"] == "KeyError"
    assert line["at"][-1].endswith(" fail")


def test_fields_go_along_and_libraries_keep_quiet(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logger.info("serving", extra={"fields": {"socket": "/run/s"}})
    logging.getLogger("asyncio").info("chatter")
    logging.getLogger("asyncio").warning("trouble with a prompt")
    ours, theirs = lines(capsys)
    assert (ours["event"], ours["socket"]) == ("serving", "/run/s")
    assert (theirs["event"], theirs["library"]) == ("library", "asyncio")
    assert "prompt" not in str(theirs)


def test_what_a_client_calls_its_conversation_is_told_shortened(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    facts: dict[str, str | float | bool] = {"plano.session_id": "s" * 5000, "plano.cache.warm": True}
    log.decisions(logger, [Record(listener="llm", why=Why.REQUESTED, more=facts)])
    (line,) = lines(capsys)
    assert line["plano.cache.warm"] is True
    assert len(line["plano.session_id"]) < 250


def test_of_many_long_names_a_few_are_told_shortened(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    names = tuple("n" * 5000 for _ in range(100))
    log.decisions(logger, [Record(listener="llm", why=Why.REQUESTED, candidates=names, model=names[0])])
    (line,) = lines(capsys)
    assert len(line["candidates"]) == 21
    assert line["candidates"][-1] == "and 80 more"
    assert len(str(line)) < 6000
