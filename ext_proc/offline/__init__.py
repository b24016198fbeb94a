"""The sidecar's decisions without a gateway: `python -m ext_proc.offline`, one JSON object in, one out.

For the command line, which may not import the sidecar: what it shows is decided by the very code that decides in
production. Never: a call to an agent, a price feed or a session store; a prompt in a log or an error.
"""
