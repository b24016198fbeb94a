"""A fake provider that speaks the API of whatever path it is asked under, always meaning the same.

In: a request of any dialect. Out: a tool call where tools are offered and no result is there yet, else a text; thoughts
with a proof where it `thinks`. What is said are the constants of `meant`. Made without any code of the gateway: it is
what the gateway is judged by.
"""

from __future__ import annotations

import json

from e2e.fake import Exchange, Provider
from e2e.fake.answers import Answer
from e2e.fake.plan import Steps, steps
from e2e.fake.script import Script
from e2e.polyglot import chat, converse, gemini, messages, responses
from e2e.polyglot.meant import Meant

RESULTS = ('"tool"', '"tool_result"', '"function_call_output"', '"functionResponse"', '"toolResult"')
_ENDS = {
    "/chat/completions": "chat",
    "/messages": "messages",
    "/responses": "responses",
    ":generateContent": "gemini",
    ":streamGenerateContent": "gemini",
    "/converse": "converse",
    "/converse-stream": "converse",
}
_STREAMS = (":streamGenerateContent", "/converse-stream")
_SPOKEN = {"chat": chat, "messages": messages, "responses": responses, "gemini": gemini, "converse": converse}


class Polyglot(Provider):
    """Scripts of the fake provider work as ever; those that name no recording, body or status speak as said above.

    `thinks`: answers begin with a thought. `short`: they end by the limit on tokens.
    """

    def __init__(self, name: str = "polyglot") -> None:
        super().__init__(name=name)
        self.thinks = self.short = False

    def reset(self) -> None:
        super().reset()
        self.thinks = self.short = False

    def leave(self) -> None:
        """Stop listening without having begun: connections are refused."""
        self._socket.close()

    def plan(self, exchange: Exchange) -> tuple[Script, Steps]:
        told = self._next.popleft() if self._next else self._always
        dialect = dialect_of(exchange.target)
        if told.recording or told.body is not None or told.status >= 400 or dialect is None:
            self._next.appendleft(told)
            return super().plan(exchange)
        streamed = asks_stream(exchange)
        extra = {name for name, _ in told.headers}
        kind = ("content-type", media_type(dialect, streamed=streamed))
        headers = (*(() if kind[0] in extra else (kind,)), *told.headers)
        answer = Answer(200, headers, speak(dialect, self._meant(exchange), streamed=streamed))
        return told, steps(answer, told, streamed=streamed)

    def _meant(self, exchange: Exchange) -> Meant:
        body = exchange.body.decode()
        calls = bool(json.loads(body).get("tools") or json.loads(body).get("toolConfig")) and not any(
            mark in body for mark in RESULTS
        )
        return Meant("tool" if calls else "length" if self.short else "end", self.thinks)


def dialect_of(target: str) -> str | None:
    """The word for the dialect of a path."""
    path = target.partition("?")[0]
    return next((word for end, word in _ENDS.items() if path.endswith(end)), None)


def asks_stream(exchange: Exchange) -> bool:
    return exchange.path.endswith(_STREAMS) or bool(json.loads(exchange.body).get("stream"))


def media_type(dialect: str, *, streamed: bool) -> str:
    stream = "application/vnd.amazon.eventstream" if dialect == "converse" else "text/event-stream"
    return stream if streamed else "application/json"


def speak(dialect: str, meant: Meant, *, streamed: bool) -> bytes:
    """The body of an answer."""
    spoken = _SPOKEN[dialect]
    return spoken.events(meant) if streamed else json.dumps(spoken.whole(meant)).encode()
