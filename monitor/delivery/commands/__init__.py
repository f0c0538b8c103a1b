"""Commands from the therapist: taken once, validated, answered."""
