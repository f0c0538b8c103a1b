"""`kinewatch schema`."""
