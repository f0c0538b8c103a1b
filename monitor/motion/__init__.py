"""Orientation, calibration, joint angle, range of motion."""
