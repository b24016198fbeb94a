"""Fixtures of every test that plays on a stage: the module says which one by its own fixture `running`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.choosing import Clients, Stage, clients


@pytest.fixture
def world(running: Stage) -> Stage:
    """The module's stage, its providers as if nobody had called them."""
    running.reset()
    return running


@pytest.fixture(scope="module")
def sdk(running: Stage) -> Iterator[Clients]:
    with clients(running.port) as made:
        yield made
