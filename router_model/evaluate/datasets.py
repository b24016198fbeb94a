"""The data sets as they were published: intents, their descriptions, their utterances by split."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Utterances by intent. `outside` are utterances of no intent; `training_outside` are theirs for training."""

    name: str
    descriptions: Mapping[str, str]
    train: Mapping[str, tuple[str, ...]]
    validation: Mapping[str, tuple[str, ...]]
    test: Mapping[str, tuple[str, ...]]
    training_outside: tuple[str, ...] = ()
    validation_outside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    @property
    def intents(self) -> tuple[str, ...]:
        return tuple(sorted(self.descriptions))


@cache
def read_clinc() -> Dataset:
    """CLINC150 with its published splits."""
    published = json.loads(_text("clinc150.json.gz"))
    return Dataset(
        name="CLINC150",
        descriptions=_descriptions()["clinc150"],
        train=_by_intent(published["train"]),
        validation=_by_intent(published["val"]),
        test=_by_intent(published["test"]),
        training_outside=tuple(text for text, _ in published["oos_train"]),
        validation_outside=tuple(text for text, _ in published["oos_val"]),
        outside=tuple(text for text, _ in published["oos_test"]),
    )


@cache
def read_banking() -> Dataset:
    """BANKING77. It publishes no validation split: every tenth training utterance of an intent is kept for it."""
    train, validation = {}, {}
    for intent, texts in _by_intent(_rows("banking77_train.csv.gz")).items():
        validation[intent] = texts[::10]
        train[intent] = tuple(text for position, text in enumerate(texts) if position % 10)
    return Dataset(
        name="BANKING77",
        descriptions=_descriptions()["banking77"],
        train=train,
        validation=validation,
        test=_by_intent(_rows("banking77_test.csv.gz")),
    )


def data_hashes() -> dict[str, str]:
    """SHA-256 of what is read, so that a report says what it was made of."""
    names = (
        "clinc150.json.gz",
        "banking77_train.csv.gz",
        "banking77_test.csv.gz",
        "descriptions.json.gz",
        "agents.txt",
    )
    return {name: hashlib.sha256(_bytes(name)).hexdigest() for name in names}


def _bytes(name: str) -> bytes:
    raw = (DATA / name).read_bytes()
    return gzip.decompress(raw) if name.endswith(".gz") else raw


def _text(name: str) -> str:
    return _bytes(name).decode("utf-8")


def _descriptions() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(_text("descriptions.json.gz"))
    return found


def _rows(name: str) -> Iterable[tuple[str, str]]:
    return [(row["text"], row["category"]) for row in csv.DictReader(_text(name).splitlines(keepends=True))]


def _by_intent(rows: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for text, intent in rows:
        found[intent].append(text)
    return {intent: tuple(texts) for intent, texts in found.items()}
