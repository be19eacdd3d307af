"""The words that every room speaks: records, clock, errors, text, queries, the guarded HTTP session. Knows no database and no platform."""
