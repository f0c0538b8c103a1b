"""`kinewatch page`, and what the demo and a station show of it in the terminal."""
