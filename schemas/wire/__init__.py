"""The external-processing protocol on the wire: a small proto with Envoy's field numbers, and its classes."""

SERVICE = "envoy.service.ext_proc.v3.ExternalProcessor"
METHOD = "Process"
