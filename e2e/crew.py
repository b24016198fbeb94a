"""Three fake agents, a fake router model that goes by keywords, and a gateway before them: the stage of agent tests.

In: listeners by name, each with its own settings. Out: `Crew`, whose `clients(name)` are the official SDKs pointed at a
listener. A question names who it is for: "weather", "flight", "hotel"; with none of these words nobody fits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai

from e2e.agents import Agent
from e2e.client import CHAT, MESSAGES, RESPONSES, Reply, call
from e2e.fake_vllm import ServedFake, serving
from e2e.harness import Gateway, free_port
from e2e.speaking import Said
from router_model.tests.fake_vllm import FakeVllm

RULES = (("weather", "weather_agent"), ("flight", "flight_agent"), ("hotel", "hotel_agent"))
ABOUT = {
    "weather_agent": "current weather, forecasts and temperatures for any city",
    "flight_agent": "live status of flights, delays, gates and departures between airports",
    "hotel_agent": "hotels and rooms, their prices and whether they are free",
}
DEFAULT = "hotel_agent"
WEATHER_SAYS = "It is 18 degrees in Paris \u2014 take an umbrella \u2614."
HOTEL_SAYS = "The Grand has a room for two."
PATIENT = "deadline: 20s"
"""A slow machine is no reason for a decision to be missed, unless a test is about that."""
PATHS = (CHAT, MESSAGES, RESPONSES)
SOON_S = 20.0


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until it holds; a slow machine gets SOON_S."""
    end = time.monotonic() + SOON_S
    while not holds():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.05)


def flight_says(said: list[Said]) -> str:
    """It shows what it was told before: answers of others are part of what it reads."""
    before = " / ".join(each.text for each in said if each.role == "assistant")
    return f"BA304 leaves at 9:10. Told before: {before or 'nothing'}."


@dataclass(frozen=True, slots=True)
class Clients:
    """The official SDKs at one listener, without retries of their own."""

    openai: openai.OpenAI
    anthropic: anthropic.Anthropic

    def text(self, path: str, question: str, *, streamed: bool = False) -> str:
        """What the client shows: the SDK of the dialect reads the answer, and complains where it is not whole."""
        said: list[Any] = [{"role": "user", "content": question}]
        if path == MESSAGES:
            return self._message(said, streamed)
        if path == RESPONSES:
            return self._response(question, streamed)
        if streamed:
            chunks = self.openai.chat.completions.create(model="any", messages=said, stream=True)
            return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        return self.openai.chat.completions.create(model="any", messages=said).choices[0].message.content or ""

    def _message(self, said: list[Any], streamed: bool) -> str:
        if streamed:
            with self.anthropic.messages.stream(model="any", max_tokens=99, messages=said) as events:
                message: anthropic.types.Message = events.get_final_message()
        else:
            message = self.anthropic.messages.create(model="any", max_tokens=99, messages=said)
        assert message.stop_reason == "end_turn"
        return "".join(block.text for block in message.content if block.type == "text")

    def _response(self, question: str, streamed: bool) -> str:
        if streamed:
            with self.openai.responses.stream(model="any", input=question) as events:
                return events.get_final_response().output_text
        return self.openai.responses.create(model="any", input=question).output_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """A running stage."""

    gateway: Gateway
    router: ServedFake
    weather: Agent
    flight: Agent
    hotel: Agent
    ports: Mapping[str, int]
    opened: ExitStack = field(repr=False)

    @property
    def agents(self) -> tuple[Agent, ...]:
        return self.weather, self.flight, self.hotel

    def reset(self) -> None:
        for agent in self.agents:
            agent.reset()
        self.router.trouble, self.router.fake.fault = "", ""
        self.router.fake.requests.clear()
        self.router.spans.clear()

    def asked(self) -> list[str]:
        """Which agents got requests, one word for each request, in the order of arrival."""
        names = (("weather", self.weather), ("flight", self.flight), ("hotel", self.hotel))
        return [name for _, name in sorted((seen.at, name) for name, agent in names for seen in agent.seen)]

    def ask(self, listener: str, question: str, path: str = CHAT, **more: object) -> Reply:
        """A question over plain HTTP."""
        return call(self.ports[listener], path, body(path, question, **more))

    def record(self, reply: Reply, timeout_s: float = 10.0) -> dict[str, Any]:
        """What the sidecar noted about this request; there is exactly one such line."""
        end, wanted = time.monotonic() + timeout_s, reply.headers["x-request-id"]
        while not (found := [line for line in self.gateway.decisions() if line.get("request_id") == wanted]):
            assert time.monotonic() < end, f"no record of {wanted}"
            time.sleep(0.02)
        (only,) = found
        return only

    def logged(self, reply: Reply, timeout_s: float = 10.0) -> dict[str, Any]:
        """The access-log line of the client's request; those of the sidecar's own calls bear the same id."""
        end, wanted = time.monotonic() + timeout_s, reply.headers["x-request-id"]
        while True:
            for line in self.gateway.access_log():
                if line["request_id"] == wanted and line["listener"] in self.ports:
                    return line
            assert time.monotonic() < end, f"no line for {wanted}"
            time.sleep(0.02)

    def clients(self, listener: str) -> Clients:
        url = f"http://127.0.0.1:{self.ports[listener]}"
        return Clients(
            self.opened.enter_context(openai.OpenAI(api_key="unused", base_url=f"{url}/v1", max_retries=0)),
            self.opened.enter_context(anthropic.Anthropic(api_key="unused", base_url=url, max_retries=0)),
        )


def body(path: str, question: str, **more: object) -> dict[str, object]:
    """The smallest request of a dialect."""
    if path == RESPONSES:
        return {"model": "any", "input": question, **more}
    return {"model": "any", "max_tokens": 99, "messages": [{"role": "user", "content": question}], **more}


@contextmanager
def crew(
    listeners: Mapping[str, str],
    *,
    paths: Mapping[str, str] | None = None,
    more_agents: Sequence[str] = (),
    workers: int = 1,
    router: str = "vllm",
    top: str = "",
    sidecar: bool = True,
) -> Iterator[Crew]:
    """`listeners`: more members of each, as flow YAML without braces, e.g. "decision: {mode: parallel}"; one without a
    `decision` gets a patient one. `paths`: what follows host and port in an agent's address. `more_agents`: further
    entries of `agents`; `top`: more of the file."""
    ports = {name: free_port() for name in listeners}
    with ExitStack() as stack:
        served = stack.enter_context(serving(FakeVllm(rules=RULES, sureness=0.9)))
        weather = stack.enter_context(Agent(lambda _: WEATHER_SAYS, name="weather"))
        flight = stack.enter_context(Agent(flight_says, name="flight"))
        hotel = stack.enter_context(Agent(lambda _: HOTEL_SAYS, name="hotel"))
        urls = dict(zip(ABOUT, (weather.url, flight.url, hotel.url), strict=True))
        declared = [f"{{id: {name}, url: {url}{(paths or {}).get(name, '')}}}" for name, url in urls.items()]
        yaml = _yaml(ports, listeners, [*declared, *more_agents], served.port, router) + top
        gateway = stack.enter_context(Gateway(yaml, workers=workers, sidecar=sidecar))
        yield Crew(
            gateway=gateway, router=served, weather=weather, flight=flight, hotel=hotel, ports=ports, opened=stack
        )


def _yaml(
    ports: Mapping[str, int],
    listeners: Mapping[str, str],
    declared: Sequence[str],
    router_port: int,
    router: str,
) -> str:
    members = ", ".join(
        f'{{id: {name}, description: "{about}", default: {str(name == DEFAULT).lower()}}}'
        for name, about in ABOUT.items()
    )
    doors = [
        f"{{type: agent, name: {name}, address: 127.0.0.1, port: {ports[name]}{_also(_patient(more))}"
        + ("" if "agents:" in more else f", agents: [{members}]")
        + "}"
        for name, more in listeners.items()
    ]
    return f"""
version: v0.4.0
agents: [{", ".join(declared)}]
model_providers:
  - {{model: vllm/Plano-Orchestrator, base_url: "http://127.0.0.1:{router_port}"}}
router: {{kind: {router}, model: vllm/Plano-Orchestrator}}
listeners: [{", ".join(doors)}]
"""


def _patient(more: str) -> str:
    if "decision:" not in more:
        return ", ".join(filter(None, (more, f"decision: {{{PATIENT}}}")))
    return more if "deadline:" in more else more.replace("decision: {", f"decision: {{{PATIENT}, ")


def _also(more: str) -> str:
    return f", {more}" if more else ""
