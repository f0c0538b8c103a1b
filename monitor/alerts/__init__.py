"""Alert rules, the life cycle of a condition, the engine."""
