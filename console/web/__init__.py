"""The web console: pages that a server renders, links in alerts, signed hooks, health and metrics."""
