"""What to do and what to say: models, matching, statements, review, and the playbooks themselves."""
