"""Why an agent gave no answer. The texts hold the agent's name, a reason, a status: never a prompt or an answer."""

from __future__ import annotations

from enum import StrEnum

from ext_proc.ports import UpstreamCut, UpstreamError, UpstreamLate, UpstreamUnreachable


class Reason(StrEnum):
    """One word for each way an answer can be missing."""

    STATUS = "status"
    """It was refused: the status says how."""
    LATE = "late"
    UNREACHABLE = "unreachable"
    CUT = "cut"
    """It ended before its protocol's end marker."""
    SAID_ERROR = "said_error"
    """The agent answered that it failed."""
    CONFUSED = "confused"
    """It is no answer of the dialect that was asked in."""
    TOO_LARGE = "too_large"


class AnswerError(Exception):
    """An answer that is none, or not whole."""

    def __init__(self, reason: Reason, status: int | None = None) -> None:
        super().__init__(f"{reason} {status}" if status is not None else str(reason))
        self.reason = reason
        self.status = status


class AgentFailed(Exception):
    """An agent that others, or the client, wait for gave no answer."""

    def __init__(self, agent_id: str, reason: Reason, status: int | None = None) -> None:
        super().__init__(f"agent {agent_id}: {reason}" + (f" {status}" if status is not None else ""))
        self.agent_id = agent_id
        self.reason = reason
        self.status = status


def as_answer_error(error: AnswerError | UpstreamError) -> AnswerError:
    """What a failed call means for the answer that was waited for."""
    match error:
        case AnswerError():
            return error
        case UpstreamLate():
            return AnswerError(Reason.LATE)
        case UpstreamUnreachable():
            return AnswerError(Reason.UNREACHABLE)
        case UpstreamCut():
            return AnswerError(Reason.CUT)
    return AnswerError(Reason.CONFUSED)
