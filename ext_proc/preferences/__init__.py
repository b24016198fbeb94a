"""Choosing a model by preference: what a request or the configuration prefers, and in which order models are tried."""
