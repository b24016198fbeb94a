"""Names are fit for metrics, unique, and do not move when something else is added."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import names

ACCOUNTS = st.lists(
    st.builds(
        names.AccountName,
        prefix=st.sampled_from(["openai", "my gate/way", "ü"]),
        host=st.sampled_from(["a.example.com", "::1", "b"]),
        port=st.sampled_from([80, 443]),
        usual=st.booleans(),
        key=st.sampled_from(["", "key_a", "key_b"]),
    ),
    max_size=8,
)


@given(ACCOUNTS)
def test_cluster_names_are_fit_and_unique(accounts: list[names.AccountName]) -> None:
    found = names.clusters(accounts)
    assert len(set(found)) == len(accounts)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) for name in found)


@given(ACCOUNTS)
def test_an_account_of_another_provider_renames_nothing(accounts: list[names.AccountName]) -> None:
    other = names.AccountName(prefix="groq", host="g", port=1, usual=True, key="")
    assert names.clusters([*accounts, other])[:-1] == names.clusters(accounts)
    assert names.clusters([other, *accounts])[1:] == names.clusters(accounts)


@pytest.mark.parametrize(
    "wanted, expected",
    [
        (["a", "b"], ("a", "b")),
        (["a", "a", "a"], ("a", "a-2", "a-3")),
        (["a", "a", "a-2"], ("a", "a-3", "a-2")),
    ],
    ids=["different", "same", "never the wish of another"],
)
def test_unique(wanted: list[str], expected: tuple[str, ...]) -> None:
    assert names.unique(wanted) == expected


@pytest.mark.parametrize(
    "cluster, variable",
    [("openai", "PLANO_KEY_OPENAI"), ("openai_a.b_443-x", "PLANO_KEY_OPENAI_A_B_443_X")],
)
def test_variables_are_fit_for_a_shell(cluster: str, variable: str) -> None:
    assert names.key_variable(cluster) == variable
