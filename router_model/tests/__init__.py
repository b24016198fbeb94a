"""Tests of the served router and of what is put together from several routers, and a vLLM server without a model."""
