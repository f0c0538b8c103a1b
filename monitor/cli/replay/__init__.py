"""`kinewatch replay`."""
