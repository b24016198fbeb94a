"""Fake model providers: recorded answers, byte for byte, with faults on request. See `Provider` and `Script`."""

from e2e.fake.http1 import Exchange
from e2e.fake.provider import Provider
from e2e.fake.recordings import Recording, recordings
from e2e.fake.script import Script, script

__all__ = ["Exchange", "Provider", "Recording", "Script", "recordings", "script"]
