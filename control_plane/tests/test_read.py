"""What comes out of a file: values, and problems as the user reads them."""

import re

from control_plane.tests.configs import HEAD, MINIMAL, accepted, found, listener, read_text


def test_problems_read_as_place_level_what_and_do() -> None:
    _, problems = read_text(HEAD.replace("openai/gpt-4o", "opnai/gpt-4o"))
    assert re.fullmatch(
        r"plano\.yaml:7:13: error: 'opnai' is not a known provider; did you mean 'openai'\?.*", str(problems.errors[0])
    )


def test_durations_and_files() -> None:
    config = accepted(
        listener(
            "{type: model, name: b, port: 1, timeout: 2m, tls: {cert_file: tls/c.pem, key_file: /k.pem},"
            " timeouts: {connect: 0.005s, first_byte: 250ms, idle: 1h, total: 7200}}"
        )
    ).listeners[1]
    assert config.timeouts and config.tls
    waits = config.timeouts
    assert (config.timeout, waits.connect, waits.first_byte, waits.idle, waits.total) == (120, 0.005, 0.25, 3600, 7200)
    assert (config.tls.cert_file, config.tls.key_file) == ("/etc/plano/tls/c.pem", "/k.pem")


def test_the_minimal_configuration_has_nothing_to_say() -> None:
    config, problems = read_text(MINIMAL)
    assert config is not None and found(problems) == found(problems, "warning") == []
