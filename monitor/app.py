"""The composition root: builds a session's parts and runs them together."""
