"""All that is remembered: at rest in the database, in flight in the streams. No thresholds, no policy, no wording."""
