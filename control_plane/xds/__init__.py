"""The Envoy writer: a Gateway and a Deployment come in, a typed bootstrap goes out.

Nothing here reads YAML, knows a provider by name, or touches a file of the user.
"""
