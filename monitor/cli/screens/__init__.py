"""The live screens of run, demo and watch, and their keys."""
