"""Feeds of prices and latencies: one parser a format, from the bytes of an answer to a table by model."""
