"""`kinewatch decode`."""
