"""`make demo`: a gateway in front of fake providers, real requests through it, and what happened to each and why."""
