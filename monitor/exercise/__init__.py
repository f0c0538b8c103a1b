"""Repetitions, sets, phases, tempo, fatigue cues."""
