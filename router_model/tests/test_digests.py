"""What is kept of clients' texts: nothing but digests, and not many of them."""

from __future__ import annotations

import gc

from router_model import prompts
from router_model.choice import Option
from router_model.digests import Kept


def test_what_was_worked_out_is_not_worked_out_again() -> None:
    kept, asked = Kept[int](8), list[str]()

    def work_out() -> int:
        asked.append("once")
        return 7

    assert [kept.of(("a", "\ud800"), work_out) for _ in range(3)] == [7, 7, 7]
    assert asked == ["once"]
    assert kept.get(("b",)) is None


def test_the_results_asked_for_last_are_kept_and_no_more() -> None:
    kept = Kept[int](2)
    for number in range(3):
        kept.put(number, number)
        kept.get(0)
    assert len(kept) == 2
    assert (kept.get(0), kept.get(1), kept.get(2)) == (0, None, 2)


class _Text(str):
    """A string that can be found again."""


def test_the_size_of_a_prompt_is_remembered_without_its_options() -> None:
    option = Option("own", _Text("a description of a client"))
    assert prompts.frame_bytes(prompts.ARCH_ROUTER, (option,)) == prompts.frame_bytes(prompts.ARCH_ROUTER, (option,))
    del option
    gc.collect()
    assert not [found for found in gc.get_objects() if isinstance(found, _Text)]
