"""Frameworks that many applications stand on, as clients of models of other APIs: a text, a stream, a tool."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import agents
import openai
import pydantic_ai
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

from e2e.polyglot.meant import ARGUMENTS, INPUT, OUTPUT, TEXT, TOOL
from e2e.translating import MODELS, World, translates, world

KEY: Any = "sk-of-the-client"
PAIRS = [(client, provider) for client in ("chat", "messages", "responses") for provider in MODELS]
TRANSLATED = pytest.mark.parametrize(("client", "provider"), [pair for pair in PAIRS if translates(*pair)])


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def stage(running: World) -> World:
    running.reset()
    return running


def get_weather(city: str, days: int, units: dict[str, list[str]]) -> str:
    """The weather of the next days."""
    return f"sunny in {city} for {days} days, {units}"


SENT: dict[str, Any] = ARGUMENTS
RESULT = get_weather(**SENT)


class TestLangChain:
    def model(self, stage: World, client: str, provider: str) -> Any:
        if client == "messages":
            account: dict[str, Any] = {"base_url": stage.url, "api_key": KEY, "max_retries": 0}
            return ChatAnthropic(model=provider, **account)
        responses = client == "responses"
        return ChatOpenAI(
            model=provider, base_url=f"{stage.url}/v1", api_key=KEY, max_retries=0, use_responses_api=responses
        )

    @TRANSLATED
    def test_whole(self, stage: World, client: str, provider: str) -> None:
        answer = self.model(stage, client, provider).invoke("What is the weather?")
        assert answer.text == TEXT
        counted = answer.usage_metadata
        assert (counted["input_tokens"], counted["output_tokens"]) == (INPUT, OUTPUT)

    @TRANSLATED
    def test_streamed(self, stage: World, client: str, provider: str) -> None:
        parts = list(self.model(stage, client, provider).stream("What is the weather?"))
        assert "".join(part.text for part in parts) == TEXT
        assert len([part for part in parts if part.text]) > 1

    @TRANSLATED
    def test_tool(self, stage: World, client: str, provider: str) -> None:
        model = self.model(stage, client, provider).bind_tools([get_weather])
        said: list[Any] = [HumanMessage("What is the weather?")]
        said.append(model.invoke(said))
        (call,) = said[-1].tool_calls
        assert (call["name"], call["args"]) == (TOOL, ARGUMENTS)
        said.append(ToolMessage(RESULT, tool_call_id=call["id"]))
        assert model.invoke(said).text == TEXT
        assert "sunny in" in stage.providers[provider].last.body.decode()


class TestPydanticAi:
    def agent(self, stage: World, client: str, provider: str, *tools: Any) -> Any:
        if client == "messages":
            model: Any = AnthropicModel(provider, provider=AnthropicProvider(api_key=KEY, base_url=stage.url))
        else:
            kind: Any = OpenAIResponsesModel if client == "responses" else OpenAIChatModel
            model = kind(provider, provider=OpenAIProvider(api_key=KEY, base_url=f"{stage.url}/v1"))
        return pydantic_ai.Agent(model, tools=tools)

    @TRANSLATED
    def test_whole(self, stage: World, client: str, provider: str) -> None:
        answer = asyncio.run(self.agent(stage, client, provider).run("What is the weather?"))
        assert answer.output == TEXT

    @TRANSLATED
    def test_streamed(self, stage: World, client: str, provider: str) -> None:
        async def streamed() -> str:
            agent = self.agent(stage, client, provider)
            async with agent.run_stream("What is the weather?") as result:
                return "".join([part async for part in result.stream_text(delta=True, debounce_by=None)])

        assert asyncio.run(streamed()) == TEXT

    @TRANSLATED
    def test_tool(self, stage: World, client: str, provider: str) -> None:
        answer = asyncio.run(self.agent(stage, client, provider, get_weather).run("What is the weather?"))
        assert answer.output == TEXT
        assert stage.counts() == {provider: 2}
        assert "sunny in" in stage.providers[provider].last.body.decode()


class TestAgents:
    """OpenAI's library for agents."""

    @pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
    @pytest.mark.parametrize(
        ("client", "provider"), [pair for pair in PAIRS if translates(*pair) and pair[0] != "messages"]
    )
    def test_tool(self, stage: World, client: str, provider: str, streamed: bool) -> None:
        async def run() -> Any:
            agents.set_tracing_disabled(True)
            async with openai.AsyncOpenAI(api_key=KEY, base_url=f"{stage.url}/v1", max_retries=0) as opened:
                kind = agents.OpenAIResponsesModel if client == "responses" else agents.OpenAIChatCompletionsModel
                tool = agents.function_tool(get_weather, strict_mode=False)
                agent = agents.Agent(name="a", model=kind(model=provider, openai_client=opened), tools=[tool])
                if not streamed:
                    return (await agents.Runner.run(agent, "What is the weather?")).final_output
                result = agents.Runner.run_streamed(agent, "What is the weather?")
                assert [event async for event in result.stream_events()]
                return result.final_output

        assert asyncio.run(run()) == TEXT
        assert stage.counts() == {provider: 2}
        assert "sunny in" in stage.providers[provider].last.body.decode()
