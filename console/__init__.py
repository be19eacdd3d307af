"""The way in: command line, daemon, web, configuration, and the one place that builds everything. Nobody imports it."""
