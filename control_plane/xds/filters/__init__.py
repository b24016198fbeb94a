"""One file per HTTP filter; `order` says which of them a chain has, and in which order."""
