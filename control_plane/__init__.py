"""YAML in, Envoy configuration and the sidecar's runtime file out."""
