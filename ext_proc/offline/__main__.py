"""`python -m ext_proc.offline`: one JSON object on standard input, one on standard output.

In, always: `task`; `server` null or {chat_url, root_url, headers, ca_path}.
- `decide`: `runtime` (the text of a runtime file), `listener`, `router` (configured, embedded or served) and `calls`, a
  list of {path, model, body}. Out: {decisions: [...]}, see `deciding`.
- `examine`: `model` null or {model, prompt, context_tokens}, `options` [{name, description, examples}], `several`,
  `samples` [{path, body, expected}], `deadline_s`, `rounds`, `at_once`. Out: see `measuring`.

Out, where that cannot be done for a reason the reader can do something about: {error: text}. The input may hold keys
and prompts: neither is ever written.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from ext_proc import log
from ext_proc.conversation import ConversationError
from ext_proc.offline import deciding, measuring
from ext_proc.offline.direct import Server
from router_model import prompts
from router_model.choice import Option
from router_model.vllm.asking import Settings
from schemas.runtime import RuntimeFileError, load


class UnknownPrompt(Exception):
    """No prompt format has this name."""


async def answer(asked: dict[str, Any]) -> dict[str, object]:
    """What the task comes to."""
    server = Server(**asked["server"]) if asked["server"] else None
    match asked["task"]:
        case "decide":
            calls = [
                deciding.Asked(call["path"], call["model"], json.dumps(call["body"]).encode(), call["caller"])
                for call in asked["calls"]
            ]
            config = load(asked["runtime"])
            decided = await deciding.decide(config, asked["listener"], calls, asked["router"], server)
            return {"decisions": decided}
        case "examine":
            return await measuring.measure(_examination(asked, server))
    raise ValueError(f"no task is called {asked['task']}")


def _examination(asked: dict[str, Any], server: Server | None) -> measuring.Examination:
    return measuring.Examination(
        settings=_settings(asked["model"]) if asked["model"] else None,
        server=server,
        options=tuple(Option(each["name"], each["description"], tuple(each["examples"])) for each in asked["options"]),
        several=asked["several"],
        samples=tuple(
            measuring.Sample(each["path"], each["body"], None if each["expected"] is None else tuple(each["expected"]))
            for each in asked["samples"]
        ),
        deadline_s=asked["deadline_s"],
        rounds=asked["rounds"],
        at_once=asked["at_once"],
    )


def _settings(model: dict[str, Any]) -> Settings:
    settings = Settings(**model)
    try:
        if settings.prompt:
            prompts.named(settings.prompt)
    except KeyError as error:
        raise UnknownPrompt(error.args[0]) from None
    return settings


def main() -> None:
    """Answer what standard input asks; an unforeseen error ends with a traceback and exit code 1."""
    log.set_up("error")
    asked = json.load(sys.stdin)
    try:
        found = asyncio.run(answer(asked))
    except (OSError, RuntimeFileError) as error:
        found = {"error": str(error)}
    except (UnknownPrompt, deciding.UnknownListener) as error:
        found = {"error": str(error)}
    except ConversationError:
        found = {"error": "a conversation is not written as the path's API wants it"}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
