"""Calls beside chat: counting tokens, embeddings, ranking. Each is one question and one answer, nothing streams."""
