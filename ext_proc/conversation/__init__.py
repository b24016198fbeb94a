"""Reading conversations of three client dialects: what was said, by whom, whether a user just spoke."""

from __future__ import annotations

from ext_proc.conversation.body import read_body, view_body, write_body
from ext_proc.conversation.dialect import ConversationError, Dialect, dialect_of
from ext_proc.conversation.turns import Opening, is_fresh_user_turn, opening, turns

__all__ = [
    "ConversationError",
    "Dialect",
    "Opening",
    "dialect_of",
    "is_fresh_user_turn",
    "opening",
    "read_body",
    "turns",
    "view_body",
    "write_body",
]
