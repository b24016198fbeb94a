"""Addresses of providers: what cannot be one is refused at its place, what a person means by it is offered."""

import pytest

from control_plane.tests.configs import provider, read_text, refused_once


def _entry(url: str) -> str:
    return provider(f"model: my/m, provider_interface: openai, base_url: '{url}'")


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("http://h/v1/chat/completions", "write http://h/v1"),
        ("http://h:8000/v1/chat/completions/", "write http://h:8000/v1"),
        ("http://h/openai/v2/chat/completions", "write http://h/openai/v2"),
        ("http://h/v1/messages", "write http://h/v1"),
        ("http://h/proxy/v1/images/generations", "write http://h/proxy/v1"),
    ],
)
def test_an_endpoint_at_the_end_is_refused_and_the_base_offered(url: str, meant: str) -> None:
    refused_once(_entry(url), 8, "address", "ends with an endpoint", meant)
    _, problems = read_text(_entry(url))
    assert problems.errors[0].do == meant


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("http://h/a/../v1", "dot segment"),
        ("http://h/..", "dot segment"),
        ("http://h/./v1", "dot segment"),
        ("http://h/%2e%2E/v1", "dot segment"),
        ("http://h/a//v1", "'//'"),
        ("http://h//", "'//'"),
        ("http://h/v1?key=pw-secret", "query"),
        ("http://h/v1?", "query"),
        ("http://h/v1#pw-secret", "fragment"),
        ("http://pw-secret@h/v1", "password"),
        ("http://@h/v1", "password"),
    ],
)
def test_what_cannot_be_a_base_is_refused(url: str, what: str) -> None:
    refused_once(_entry(url), 8, "address", what, "")


@pytest.mark.parametrize("url", ["http://h", "http://h/", "http://h/v1/", "http://h/a.b/..c/v1", "http://h/messages"])
def test_other_bases_are_fine(url: str) -> None:
    config, problems = read_text(_entry(url))
    assert config is not None, str(problems.errors)
