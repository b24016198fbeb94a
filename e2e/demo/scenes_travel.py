"""The travel assistant: two agents, chosen by what is asked. In: a running stage. Out: a `Scene` each."""

from __future__ import annotations

from collections.abc import Callable

from e2e import speaking
from e2e.agents import Agent
from e2e.client import CHAT
from e2e.demo import decided
from e2e.demo.scenes import Scene, short
from e2e.demo.stage import TRAVEL, TRAVEL_NAME, Stage
from e2e.demo.travel_agents import FLIGHTS, WEATHER

FOR_WEATHER = "What's the weather like in Paris today?"
FOR_FLIGHT = "Which flights go from Oslo to Paris?"
FOR_BOTH = "What's the weather in Paris, and which flights go there from London?"
FOR_NOBODY = "Write me a poem about cats"


def _ask(stage: Stage, title: str, text: str, agents: tuple[Agent, ...], why: str) -> tuple[Scene, str]:
    """Ask, streamed; the last of `agents` answers. The scene, and the text of the answer."""
    scene = Scene(title, f"POST {CHAT}  stream: true  {short(text)}")
    for agent in (stage.weather, stage.flight):
        agent.reset()
    reply, _ = decided.question(stage, scene, TRAVEL_NAME, stage.travel_port, text, streamed=True)
    answer, events = decided.streamed_text(reply)
    scene.answered = f"{reply.status} {events} events: {short(answer, 130)}"
    scene.notes.append(decided.scores(stage, TRAVEL, text))
    scene.expect(reply.status == 200 and reply.whole, "a complete stream")
    scene.expect(reply.headers.get("x-plano-why") == why, f"the reason is {why}")
    asked = tuple(agent for agent in (stage.weather, stage.flight) if agent.seen)
    scene.expect(set(asked) == set(agents), f"asked: {' and '.join(agent.name for agent in agents)}")
    if agents[-1].seen:
        scene.expect(reply.body == _said(agents[-1]), f"every byte of the answer is the {agents[-1].name} agent's")
    return scene, answer


def _said(agent: Agent) -> bytes:
    """The agent's answer to what it was asked last, made again."""
    heard = agent.heard(agent.last)
    return speaking.answer(CHAT, agent.say(heard), agent.usage(agent.last), streamed=True)


def weather(stage: Stage) -> Scene:
    scene, answer = _ask(
        stage, "A travel assistant of two agents: the weather", FOR_WEATHER, (stage.weather,), "matched"
    )
    scene.expect(answer == WEATHER["paris"], "the weather of Paris")
    return scene


def flight(stage: Stage) -> Scene:
    scene, answer = _ask(stage, "A question about flights", FOR_FLIGHT, (stage.flight,), "matched")
    scene.expect(answer == FLIGHTS["oslo", "paris"], "the flights from Oslo")
    return scene


def both(stage: Stage) -> Scene:
    agents = (stage.weather, stage.flight)
    scene, answer = _ask(stage, "A question for both: one after the other", FOR_BOTH, agents, "matched_several")
    heard = stage.flight.heard(stage.flight.last) if stage.flight.seen else []
    scene.notes += [f"the flight agent hears {each.role:9} {short(each.text)}" for each in heard]
    scene.expect([each.text for each in heard] == [WEATHER["paris"], FOR_BOTH], "the weather is known to the second")
    scene.expect("umbrella" in answer, "and it makes use of it")
    return scene


def nobody(stage: Stage) -> Scene:
    scene, answer = _ask(stage, "A question for neither: the default agent", FOR_NOBODY, (stage.weather,), "no_match")
    scene.expect("nothing else" in answer, "the default agent says what it is good for")
    return scene


SCENES: tuple[Callable[[Stage], Scene], ...] = (weather, flight, both, nobody)
