"""Runs what was compiled: the supervisor, its run directory, and what asks a running gateway questions."""
