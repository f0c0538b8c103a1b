"""`kinewatch check`."""
