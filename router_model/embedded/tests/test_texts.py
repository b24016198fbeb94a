"""Splitting requests into clauses and descriptions into phrases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_model.embedded import texts


@pytest.mark.parametrize(
    ("message", "clauses"),
    [
        ("What's the weather in Paris?", ["What's the weather in Paris?"]),
        ("Weather in Paris and flights from London?", ["Weather in Paris", "flights from London?"]),
        ("play some jazz, and also dim the lights", ["play some jazz", "dim the lights"]),
        ("Book a table. Then call a taxi.", ["Book a table.", "Then call a taxi."]),
        ("play rock and roll", ["play rock and roll"]),
        ("one\ntwo words", ["one and two words"]),
        ("what does this do?\ndef f(x):\n    return g(x - 1)", ["what does this do?"]),
        ("   ", []),
    ],
)
def test_clauses_keep_their_order(message, clauses):
    assert list(texts.split_clauses(message)) == clauses


def test_bullets_and_sentences_become_phrases_and_exclusions_do_not():
    description = """WeatherAgent gives forecasts. It knows every city.

    Capabilities:
      * Provides current temperature
      * When queries include flights, this agent answers ONLY the weather part
      1. Sunset times
    """
    assert texts.split_description(description) == (
        "WeatherAgent gives forecasts.",
        "It knows every city.",
        "Provides current temperature",
        "Sunset times",
    )


def test_quoted_requests_lose_their_placeholders():
    assert texts.quoted_requests('Handles "What\'s the forecast for [city]?" and "hi"') == (
        "What's the forecast for city?",
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [("weather_agent", "weather agent"), ("flightAgent", "flight agent"), ("acme/sql-agent", "acme sql agent")],
)
def test_names_are_read_as_words(name, words):
    assert texts.readable_name(name) == words


@pytest.mark.parametrize("text", ["and tomorrow?", "what about Denver?", "cancel it", "How cold is it there?", "yes"])
def test_follow_ups_need_their_context(text):
    assert texts.depends_on_context(text)


def test_a_whole_request_needs_no_context():
    assert not texts.depends_on_context("Book a hotel room in Lisbon for three nights")


def test_a_long_message_keeps_its_head_and_its_tail():
    clipped = texts.clip("HEAD " + "x" * 100_000 + " TAIL")
    assert clipped.startswith("HEAD")
    assert clipped.endswith("TAIL")
    assert len(clipped) <= texts.MESSAGE_CHARS + 1


@given(st.text(max_size=5000))
def test_whatever_is_sent_the_parts_are_few_and_short(text):
    clauses, phrases = texts.split_clauses(text), texts.split_description(text)
    assert len(clauses) <= texts.CLAUSES
    assert len(phrases) <= texts.PHRASES
    assert all(len(phrase) <= texts.PHRASE_CHARS for phrase in phrases)
    assert all(clause.strip() for clause in clauses)


@pytest.mark.parametrize(("text", "small"), [("Hi there!", True), ("ok, thanks", True), ("hi, is it raining", False)])
def test_small_talk_is_nothing_but_small_talk(text, small):
    assert texts.is_small_talk(text) is small


def test_spaces_do_not_slow_the_search_for_small_talk():
    assert not texts.is_small_talk(" ." * 25 + "x")
