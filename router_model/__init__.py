"""Choosing by meaning: which of a few described options a conversation asks for."""
