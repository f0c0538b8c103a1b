"""Streaming filters and features of vital signs."""
