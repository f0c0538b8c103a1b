"""Scenarios: their model, loading, checks, the simulated world and its ground truth."""
