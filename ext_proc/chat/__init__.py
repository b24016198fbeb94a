"""The canonical chat model: what every dialect is decoded into and encoded from. It imports nothing of ours."""
