"""Starting a vLLM server for a router model: flags as data, one process replaced by another, nothing else."""
