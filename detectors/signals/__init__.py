"""One file per kind of signal; the file's name is the `kind:` in config.yaml."""
