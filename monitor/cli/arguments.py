"""Kinds of arguments that several commands share."""

import argparse
import math


def positive_or_max(text: str) -> float | None:
    """A positive number, or None for `max`."""
    if text == "max":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a positive number nor 'max'")
    return value
