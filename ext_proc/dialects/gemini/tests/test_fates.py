"""The table of fates says what happens: each word is proved with a small request."""

from __future__ import annotations

import pytest

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.loss import Dropped
from ext_proc.chat.samples import samples
from ext_proc.chat.vocabulary import WORDS
from ext_proc.dialects.gemini import PROVIDER
from ext_proc.dialects.gemini.fates import TAKES
from ext_proc.dialects.gemini.words import NAME

SAMPLES = samples(NAME)
SILENT = {"reasoning.foreign", "document.inline"}
"""A foreign thought is dropped without a word, it means nothing here."""


def test_every_word_has_a_fate() -> None:
    assert set(TAKES) == set(WORDS)


@pytest.mark.parametrize("word", WORDS)
def test_fate(word: str) -> None:
    model = Model(id="gemini-2.5-flash")
    if TAKES[word] == "refused":
        with pytest.raises(Unable):
            PROVIDER.encode_request(SAMPLES[word], model)
        return
    encoded = PROVIDER.encode_request(SAMPLES[word], model)
    if word not in SILENT:
        assert bool(encoded.dropped) == (TAKES[word] == "dropped")
    if TAKES[word] in ("carried", "mapped") and word not in ("text", "max_tokens"):
        assert encoded.body != PROVIDER.encode_request(SAMPLES["text"], model).body


def test_addresses_of_what_is_dropped_have_no_indices() -> None:
    dropped = [each.at for word in WORDS if TAKES[word] == "dropped" for each in _dropped(word)]
    assert dropped
    assert not [at for at in dropped if any(sign.isdigit() for sign in at)]


def _dropped(word: str) -> list[Dropped]:
    return list(PROVIDER.encode_request(SAMPLES[word], Model(id="gemini-2.5-flash")).dropped)
