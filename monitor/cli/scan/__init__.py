"""`kinewatch scan`."""
