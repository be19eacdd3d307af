"""One file per kind of source; the file's name is the `kind:` in config.yaml."""
