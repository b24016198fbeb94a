"""What is known of models by whichever name they are asked for, and that of the others nothing is said."""

from __future__ import annotations

import copy
import re
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat.dialect import Model
from ext_proc.chat.loss import CAPABILITIES
from ext_proc.translate import models
from ext_proc.translate.models import find, spellings


def _read(name: str) -> Any:
    return yaml.safe_load(files("schemas").joinpath(name).read_text("utf-8"))


WRITTEN = _read("capabilities.yaml")

SAME = {
    "claude-sonnet-4-5": [
        "claude-sonnet-4-5-20250929",
        "claude-sonnet-4-5@20250929",
        "anthropic/claude-sonnet-4.5",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "apac.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "databricks-claude-sonnet-4-5",
    ],
    "claude-opus-4-6": ["anthropic.claude-opus-4-6-v1", "claude-opus-4-6-20260205", "Claude-Opus-4.6"],
    "gpt-4o-mini": ["gpt-4o-mini-2024-07-18", "ft:gpt-4o-mini-2024-07-18:acme::7qTVM5AR", "openai-gpt-4o-mini"],
    "gpt-oss-120b": ["openai/gpt-oss-120b", "openai/gpt-oss-120b:free", "accounts/fireworks/models/gpt-oss-120b"],
    "deepseek-v3.2": ["deepseek/deepseek-v3.2", "deepseek-v3.2:nitro"],
    "minimax-m2.5": ["MiniMax-M2.5", "minimax.minimax-m2.5"],
    "llama3-1-8b-instruct": ["meta.llama3-1-8b-instruct-v1:0", "us.meta.llama3-1-8b-instruct-v1:0"],
}


@pytest.mark.parametrize(("name", "other"), [(name, other) for name, others in SAME.items() for other in others])
def test_other_spellings_are_the_same_model(name: str, other: str) -> None:
    known, found = find("", name), find("", other)
    assert known != Model(id=name)
    assert found.id == other
    assert (found.context_tokens, found.max_output_tokens) == (known.context_tokens, known.max_output_tokens)
    assert (found.lacks, found.family) == (known.lacks, known.family)


def test_bedrocks_own_names_are_known() -> None:
    assert find("amazon_bedrock", "openai.gpt-oss-120b-1:0").context_tokens == 131072
    assert "images" in find("amazon_bedrock", "deepseek.v3.2").lacks
    assert "images" in find("amazon_bedrock", "deepseek.r1-v1:0").lacks


@pytest.mark.parametrize(
    "name",
    ["my-deployment", "llama3.1:70b", "", ":free", "/", "gpt-4o-of-mine", "claude", "gpt-4o" * 100, "a.b", "x[y*"],
)
def test_of_unknown_models_nothing_is_said(name: str) -> None:
    assert find("openai", name) == Model(id=name)


@pytest.mark.parametrize(
    ("provider", "name", "family"),
    [
        ("anthropic", "claude-opus-4-7-20260416", "adaptive"),
        ("amazon_bedrock", "us.anthropic.claude-opus-4-8", "adaptive"),
        ("openrouter", "anthropic/claude-opus-4.7", "adaptive"),
        ("anthropic", "claude-sonnet-5-5", "adaptive"),
        ("anthropic", "claude-haiku-5-5", "adaptive"),
        ("anthropic", "claude-fable-5", "always_adaptive"),
        ("anthropic", "claude-mythos-5-1", "always_adaptive"),
        ("anthropic", "claude-opus-4-6", ""),
        ("anthropic", "claude-opus-4-20250514", ""),
        ("openai", "o3", "openai_reasoning"),
        ("openai", "o4-mini-2025-04-16", "openai_reasoning"),
        ("digitalocean", "openai-o3-mini", "openai_reasoning"),
        ("openai", "gpt-6-luna", "openai_reasoning"),
        ("chatgpt", "gpt-5.3-chat-latest", "openai"),
        ("openai", "gpt-4o", ""),
        ("groq", "openai/gpt-oss-20b", ""),
        ("vertex_ai", "google/gemini-2.5-pro", "vertex"),
        ("gemini", "gemini-2.5-pro", ""),
    ],
)
def test_families(provider: str, name: str, family: str) -> None:
    assert find(provider, name).family == family


def test_documents_reach_models_that_cannot_read_where_the_provider_reads_them_out() -> None:
    assert "documents" in find("groq", "openai/gpt-oss-20b").lacks
    assert "documents" not in find("openrouter", "openai/gpt-oss-20b").lacks
    assert "images" in find("openrouter", "openai/gpt-oss-20b").lacks


def test_a_longer_glob_goes_before_a_shorter_one_and_an_id_before_both() -> None:
    made = models.build(
        {
            "families": {},
            "reads_documents": [],
            "models": [
                {"ids": ["m-*"], "context_tokens": 1},
                {"ids": ["m-big-*"], "context_tokens": 2},
                {"ids": ["m-big-one"], "context_tokens": 3},
            ],
        }
    )
    found = [models.look_up(made, "p", name).context_tokens for name in ("m-x", "m-big-x", "m-big-one")]
    assert found == [1, 2, 3]


def test_two_rows_for_one_id_are_refused() -> None:
    written = copy.deepcopy(WRITTEN)
    written["models"].append({"ids": ["gpt-4o"]})
    with pytest.raises(ValueError, match="two rows"):
        models.build(written)


@pytest.mark.parametrize("row", WRITTEN["models"], ids=lambda row: row["ids"][0])
def test_every_row_is_sound_and_can_be_found(row: dict[str, Any]) -> None:
    assert set(row) <= {"ids", "context_tokens", "max_output_tokens", "lacks"} and len(row) > 1
    assert set(row.get("lacks", ())) <= set(CAPABILITIES)
    assert row.get("max_output_tokens", 1) < row.get("context_tokens", 1 << 40)
    for name in row["ids"]:
        found = find("", name.replace("*", "x"))
        assert (found.context_tokens, found.lacks) == (row.get("context_tokens"), frozenset(row.get("lacks", ())))


def test_the_models_with_a_price_are_known() -> None:
    names = [row["model"].partition("/")[2] for row in _read("prices.yaml")["prices"]]
    unknown = [name for name in names if find("", name).context_tokens is None]
    assert unknown == []


def test_the_catalogues_models_that_chat_are_known() -> None:
    """All but those whose limits nobody tells, and what is no chat."""
    known = [name for names in _read("models.yaml").values() for name in names if find("", name).context_tokens]
    assert len(known) > 300


def test_families_name_models_the_catalogue_has() -> None:
    """A glob that fits nothing is a slip of the pen."""
    names = {name for ids in _read("models.yaml").values() for each in ids for name in spellings(each)}
    for family, globs in WRITTEN["families"].items():
        for glob in globs:
            assert any(fnmatchcase(name, glob.rpartition("/")[2]) for name in names | {"o4-mini"}), (family, glob)


@given(st.text(max_size=60) | st.from_regex(re.compile(r"([a-z]{2}\.)?[a-z]+[./-][a-z0-9.-]+(:\d)?"), fullmatch=True))
def test_any_name_is_answered(name: str) -> None:
    assert find("openai", name).id == name
    assert len(list(spellings(name))) < 20
