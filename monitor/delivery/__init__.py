"""Getting every alert to the therapist, with proof."""
