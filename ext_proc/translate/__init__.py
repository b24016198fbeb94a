"""Requests of one API answered by a provider of another: one attempt, to the provider and back."""
