"""What a person or another program reads, made of `SessionFacts` alone."""
