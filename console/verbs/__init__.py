"""The verbs of the command line, one module a group. Each is thin: it asks the stages or `alerting/respond.py`, and prints."""
