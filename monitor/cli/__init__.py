"""The kinewatch command."""
