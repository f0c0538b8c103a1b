"""One supervised connection: its states, checks, back-off and health."""
