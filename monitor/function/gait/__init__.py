"""Strides, steps and turns from sensors on feet, shanks and the lower back."""
