"""The two agents of the travel assistant: a small weather service and a small flight board, the same answer every time.

In: the conversation as an agent gets it, answers of agents before it included. Out: what it says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from e2e.speaking import Said

WEATHER = {
    "paris": "Paris: 14 degrees, rain from noon on, sunset at 18:02.",
    "london": "London: 11 degrees, fog in the morning, sunset at 17:10.",
    "oslo": "Oslo: 2 degrees, clear and calm, sunset at 16:31.",
}
FLIGHTS = {
    ("london", "paris"): "BA304 leaves London at 09:10 from gate A12, on time; AF1081 at 12:40, 25 minutes late.",
    ("oslo", "paris"): "AF1275 leaves Oslo at 13:25 from gate C3, on time.",
}


def weather_says(said: Sequence[Said]) -> str:
    """About the last city anybody was said to be in, else the last one anybody named."""
    named = _cities(said, "in ") or _cities(said)
    city = named[-1] if named else None
    return WEATHER[city] if city else "I know the weather of cities, and nothing else: ask me about Paris."


def flight_says(said: Sequence[Said]) -> str:
    """The flights between the two cities named, and what an earlier agent's answer means for them."""
    named = _cities([each for each in said if each.role == "user"])
    board = (FLIGHTS[pair] for pair in FLIGHTS if set(pair) <= set(named))
    found = next(board, "I know flights from London or Oslo to Paris.")
    rain = any("rain" in each.text for each in said if each.role == "assistant")
    return f"{found} It will rain where you land: keep the umbrella in your hand luggage." if rain else found


def _cities(said: Sequence[Said], after: str = "") -> list[str]:
    return re.findall(f"{after}({'|'.join(WEATHER)})", " ".join(each.text for each in said).lower())
