"""What is on the wire, both directions: pure functions from bytes to values and back."""
