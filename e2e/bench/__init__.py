"""The benchmark: one provider, and in front of it bare Envoy, this gateway and the LiteLLM proxy, in one run."""
