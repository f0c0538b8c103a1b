"""Gait and function tests: pure and streaming, one state table a test, time as an argument."""
