from __future__ import annotations

import pytest

from ext_proc.chat.errors import Unable
from ext_proc.chat.refused_rest import REFUSED, check_rest
from ext_proc.chat.request import Request


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_content_kept_elsewhere_is_refused_by_others(name: str) -> None:
    request = Request(origin="one", model="m", turns=(), rest={name: "x"})
    check_rest(request, "one")
    with pytest.raises(Unable) as refused:
        check_rest(request, "two")
    assert (refused.value.at, refused.value.capability) == (name, REFUSED[name])


@pytest.mark.parametrize("rest", [{"background": False}, {"conversation": None}, {"store": True}, {"mcp_servers": []}])
def test_what_asks_for_nothing_passes(rest: dict[str, object]) -> None:
    check_rest(Request(origin="one", model="m", turns=(), rest=rest), "two")
