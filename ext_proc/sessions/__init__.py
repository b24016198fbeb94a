"""Conversations that stay with their model: who they are, what is remembered of them, and what follows for a turn."""
