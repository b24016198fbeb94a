from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat.flattening import as_function, called_tool, flat_call, flat_name, unwrapped, wrapped
from ext_proc.chat.parts import ToolCall
from ext_proc.chat.request import BuiltinTool, CustomTool, Tool

PATCH = CustomTool(
    name="apply_patch", description="Edits", format={"type": "grammar", "syntax": "lark", "definition": "start: X"}
)


@given(st.text(), st.text())
def test_a_name_in_a_namespace_is_short_and_stays_the_same(namespace: str, name: str) -> None:
    flat = flat_name(namespace, name)
    assert flat == flat_name(namespace, name)
    assert not namespace or len(flat) <= 64


def test_long_names_stay_apart() -> None:
    assert flat_name("n" * 60, "one") != flat_name("n" * 60, "two")


@given(st.text())
def test_a_text_survives_as_arguments(text: str) -> None:
    assert unwrapped(wrapped(text)) == text


@pytest.mark.parametrize("arguments", ["", "{", "[]", '{"a":1}', '{"a":"x","b":"y"}', "[" * 100_000])
def test_other_arguments_stay(arguments: str) -> None:
    assert unwrapped(arguments) == arguments


def test_a_text_tool_becomes_a_function_that_tells_its_grammar() -> None:
    function = as_function(PATCH)
    assert function.name == "apply_patch"
    assert "start: X" in function.description
    assert "lark" in function.description
    assert as_function(CustomTool(name="x", description="Plain")).description == "Plain"


def test_a_call_is_found_again() -> None:
    search = Tool(name="find", namespace="mcp__docs")
    tools = (BuiltinTool(origin="o", kind="k", raw={}), search, PATCH)
    call = ToolCall(id="1", name="find", arguments="{}", namespace="mcp__docs")
    assert called_tool(call, tools) == search
    assert called_tool(flat_call(call), tools) == search
    custom = ToolCall(id="1", name="apply_patch", arguments="*** Begin", custom=True)
    assert flat_call(custom).arguments == '{"input":"*** Begin"}'
    assert called_tool(flat_call(custom), tools) == PATCH
    assert called_tool(ToolCall(id="1", name="other", arguments=""), tools) is None
