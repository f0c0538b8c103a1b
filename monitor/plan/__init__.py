"""The therapist's plan of care: exercises, targets, limits."""
