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


def positive_seconds(text: str) -> float:
    """A positive number of seconds, an hour at most."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds between 0 and 3600")
    return value


def add_radio(parser: argparse.ArgumentParser) -> None:
    """`--radio SPEC`: another radio than the one that the station's settings name."""
    parser.add_argument(
        "--radio",
        metavar="SPEC",
        help="a controller elsewhere instead of the station's adapter: tcp-client:127.0.0.1:9000 is the one "
        "that `kinewatch simulate SCENARIO --transport tcp-server:127.0.0.1:9000` gives away; usb:0 a dongle",
    )
