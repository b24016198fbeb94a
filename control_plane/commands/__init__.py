"""One module per command of `plano-cp`; each has a click command named `command` and imports heavy things inside it."""
