"""What `plano-cp route` and `plano-cp doctor` need: choices of a configuration, cases, scores, tables.

The deciding itself is the sidecar's: `child.py` starts `python -m ext_proc.offline`, so that nothing here can decide
otherwise than a running gateway would.
"""
