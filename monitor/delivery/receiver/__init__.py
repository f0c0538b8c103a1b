"""What a therapist's program uses: receives, confirms, keeps the state of each session."""
