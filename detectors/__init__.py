"""Mention -> enrichment -> series -> signal."""
