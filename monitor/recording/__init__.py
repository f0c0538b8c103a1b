"""The flight recorder and its replay."""
