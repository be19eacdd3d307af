"""From a signal to a person who has taken it: incidents, whom they page, and the way the messages go."""
