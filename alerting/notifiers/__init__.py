"""One file per kind of channel; the file's name is the `kind:` of a channel in `config.yaml`."""
