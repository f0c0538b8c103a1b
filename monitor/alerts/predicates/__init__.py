"""The conditions themselves: pure functions from situation, rule and subject to a verdict."""
