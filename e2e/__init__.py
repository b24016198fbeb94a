"""End-to-end proof: the real compiler, the real Envoy, fake providers, and the official SDKs as judges."""
