"""The station's side of delivery: the outbox and what is published from it."""
