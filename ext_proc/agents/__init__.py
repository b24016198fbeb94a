"""Carrying out several agents for one request: one after the other, or all at once."""
