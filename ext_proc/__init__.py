"""The sidecar: decides what the configuration leaves open, one short exchange with Envoy per decision."""
