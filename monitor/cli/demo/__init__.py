"""`kinewatch demo`."""
