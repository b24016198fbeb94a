"""One small request for every word of the vocabulary: what the fates of the documentation are proved with.

`OWN` stands where a sample needs the name of the dialect it is given to.
"""

from __future__ import annotations

from dataclasses import replace

from ext_proc.chat.parts import (
    Citation,
    Inline,
    Link,
    Media,
    Opaque,
    Part,
    PlainText,
    Reasoning,
    Refusal,
    Signature,
    StoredFile,
    Text,
    ToolCall,
    ToolResult,
)
from ext_proc.chat.request import (
    BuiltinTool,
    CustomTool,
    JsonOutput,
    Request,
    Sampling,
    Thinking,
    Tool,
    ToolChoice,
    Turn,
)

FOREIGN = "another"
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
_HELLO = Turn(role="user", parts=(Text(text="hello", at="messages[0].content"),), at="messages[0]")
_TOOL = Tool(name="weather", description="Tells the weather", parameters=_SCHEMA, at="tools[0]")
_GO_ON = Text(text="go on")
_PLAIN = Request(origin=FOREIGN, model="m", turns=(_HELLO,), max_tokens=100)


def _says(*parts: Part) -> Request:
    return replace(_PLAIN, turns=(Turn(role="user", parts=(Text(text="look"), *parts), at="messages[0]"),))


def _said(*parts: Part, then: Part = _GO_ON) -> Request:
    turns = (_HELLO, Turn(role="assistant", parts=parts, at="messages[1]"), Turn(role="user", parts=(then,)))
    return replace(_PLAIN, turns=turns)


def _called(*, call: ToolCall, result: ToolResult) -> Request:
    return replace(_said(call, then=result), tools=(_TOOL,))


_AT = "messages[0].content[1]"
_CALL = ToolCall(id="call_1", name="weather", arguments='{"city":"Bern"}', at="messages[1].tool_calls[0]")
_RESULT = ToolResult(call_id="call_1", content=(Text(text="sunny"),), at="messages[2]")
_IMAGE = Media(kind="image", source=Inline("image/png", _PNG), at=_AT)


def samples(own: str) -> dict[str, Request]:
    """The samples for the dialect `own`, by word."""
    return {**_content(own), **_tools(own), **_settings()}


def _content(own: str) -> dict[str, Request]:
    cited = Citation(origin=FOREIGN, raw={"url": "https://a.example"}, url="https://a.example", title="A")
    pdf = Inline("application/pdf", "JVBERi0xLjQK")
    return {
        "text": _PLAIN,
        "image.inline": _says(_IMAGE),
        "image.url": _says(replace(_IMAGE, source=Link("https://a.example/a.png"))),
        "image.file": _says(replace(_IMAGE, source=StoredFile("file_1", FOREIGN))),
        "image.detail": _says(replace(_IMAGE, detail="high")),
        "audio.inline": _says(Media(kind="audio", source=Inline("audio/wav", "UklGRg=="), at=_AT)),
        "video.inline": _says(Media(kind="video", source=Inline("video/mp4", "AAAA"), at=_AT)),
        "document.inline": _says(Media(kind="document", source=pdf, title="a.pdf", at=_AT)),
        "document.url": _says(Media(kind="document", source=Link("https://a.example/a.pdf"), at=_AT)),
        "document.file": _says(Media(kind="document", source=StoredFile("file_1", FOREIGN), at=_AT)),
        "document.text": _says(Media(kind="document", source=PlainText("words"), title="notes", at=_AT)),
        "citations": _said(Text(text="yes", citations=(cited,), at="messages[1].content[0]")),
        "refusal": _said(Refusal(text="no", at="messages[1].refusal")),
        "reasoning.own": _said(Reasoning(text="hm", signature=Signature(own, "c2ln"), at="x"), Text(text="yes")),
        "reasoning.foreign": _said(Reasoning(text="hm", signature=Signature(FOREIGN, "c2ln"), at="x"), Text(text="y")),
        "tool_call": _called(call=_CALL, result=_RESULT),
        "tool_call.custom": _called(
            call=replace(_CALL, custom=True, arguments="any text"), result=replace(_RESULT, custom=True)
        ),
        "tool_call.signature": _called(call=replace(_CALL, signature=Signature(own, "c2ln")), result=_RESULT),
        "tool_result": _called(call=_CALL, result=_RESULT),
        "tool_result.error": _called(call=_CALL, result=replace(_RESULT, error=True)),
        "tool_result.image": _called(call=_CALL, result=replace(_RESULT, content=(_IMAGE,))),
        "turn.name": replace(_PLAIN, turns=(replace(_HELLO, name="ann"),)),
        "turn.system_later": replace(
            _PLAIN,
            turns=(
                _HELLO,
                Turn(role="assistant", parts=(Text(text="hi"),)),
                Turn(role="system", parts=(Text(text="be brief"),), at="messages[2]"),
                Turn(role="user", parts=(Text(text="go on"),)),
            ),
        ),
        "system": replace(_PLAIN, system=(Text(text="be kind", at="messages[0]"),)),
        "cache_mark": replace(_PLAIN, system=(Text(text="be kind", cache="5m", at="system[0]"),)),
        "opaque.own": _said(Opaque(origin=own, kind="own", raw={"type": "own"}, at="x"), Text(text="y")),
        "opaque.foreign": _said(Opaque(origin=FOREIGN, kind="f", raw={"type": "f"}, at="messages[1].content[0]")),
    }


def _tools(own: str) -> dict[str, Request]:
    with_tool = replace(_PLAIN, tools=(_TOOL,))
    search = BuiltinTool(origin=FOREIGN, kind="search", purpose="web_search", raw={"type": "search"}, at="tools[0]")
    choices = {
        "auto": ToolChoice(mode="auto"),
        "none": ToolChoice(mode="none"),
        "required": ToolChoice(mode="required"),
        "named": ToolChoice(mode="named", name="weather"),
        "allowed": ToolChoice(mode="allowed", allowed=("weather",)),
    }
    return {
        "tool": with_tool,
        "tool.strict": replace(_PLAIN, tools=(replace(_TOOL, strict=True),)),
        "tool.namespace": replace(_PLAIN, tools=(replace(_TOOL, namespace="sky"),)),
        "tool.custom": replace(_PLAIN, tools=(CustomTool(name="run", description="Runs code", at="tools[0]"),)),
        "tool.builtin.own": replace(
            _PLAIN, tools=(BuiltinTool(origin=own, kind="own", raw={"type": "own"}, at="tools[0]"),)
        ),
        "tool.builtin.web_search": replace(_PLAIN, tools=(search,)),
        "tool.builtin.foreign": replace(_PLAIN, tools=(replace(search, purpose="", kind="odd"),)),
        **{f"tool_choice.{word}": replace(with_tool, tool_choice=choice) for word, choice in choices.items()},
        "parallel_tool_calls": replace(with_tool, parallel_tool_calls=False),
    }


def _settings() -> dict[str, Request]:
    sampling = {
        "temperature": Sampling(temperature=0.5),
        "top_p": Sampling(top_p=0.5),
        "top_k": Sampling(top_k=5),
        "frequency_penalty": Sampling(frequency_penalty=0.5),
        "presence_penalty": Sampling(presence_penalty=0.5),
        "seed": Sampling(seed=7),
        "choices": Sampling(choices=2),
        "logprobs": Sampling(logprobs=True, top_logprobs=2),
        "logit_bias": Sampling(logit_bias={"1": 1.0}),
    }
    return {
        **{word: replace(_PLAIN, sampling=value) for word, value in sampling.items()},
        "max_tokens": _PLAIN,
        "stop": replace(_PLAIN, stop=("END",)),
        "output.json": replace(_PLAIN, output=JsonOutput()),
        "output.schema": replace(_PLAIN, output=JsonOutput(schema=_SCHEMA, name="place", strict=True)),
        "thinking.effort": replace(_PLAIN, thinking=Thinking(effort="low"), max_tokens=4096),
        "thinking.budget": replace(_PLAIN, thinking=Thinking(budget_tokens=2048), max_tokens=4096),
        "thinking.off": replace(_PLAIN, thinking=Thinking(enabled=False)),
        "user": replace(_PLAIN, user="u1"),
        "service_tier": replace(_PLAIN, service_tier="flex"),
        "verbosity": replace(_PLAIN, verbosity="low"),
        "cache_key": replace(_PLAIN, cache_key="k"),
        "metadata": replace(_PLAIN, metadata={"a": "b"}),
        "store": replace(_PLAIN, rest={"store": False}),
        "unknown": replace(_PLAIN, rest={"odd_member": 1}),
    }
