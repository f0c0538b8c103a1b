"""What is on the wire to therapists: topics and messages."""
