"""Source -> mention: what polls, fetches, parses and stores what people say."""
