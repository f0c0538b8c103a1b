"""`kinewatch recover`: a recording that was cut off becomes one that any MCAP reader opens."""

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Write a recording anew with its index: everything up to the last whole chunk of one that a crash\n"
        "cut off, or up to the first damage. The original stays; a replay of either gives the same events."
    )
    parser.add_argument("recording", type=Path, metavar="FILE", help="a recording, or a session's folder")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where to write (default: recovered.mcap beside it)"
    )


def run(args: argparse.Namespace) -> int:
    """Recover; 0 also when nothing was missing, 1 when the file is damaged inside or holds nothing."""
    from monitor.app import RECORDING_NAME
    from monitor.clock import iso_utc
    from monitor.recording.recover import recover

    source = args.recording / RECORDING_NAME if args.recording.is_dir() else args.recording
    shows = sys.stderr.isatty()

    def progress(share: float) -> None:
        if shows:
            print(f"\r... {share:4.0%}", end="", file=sys.stderr, flush=True)

    done = recover(source, args.out or source.with_name("recovered.mcap"), on_share=progress)
    if shows:
        print("\r", end="", file=sys.stderr)
    spans = ""
    if done.first_utc_ns is not None and done.last_utc_ns is not None:
        spans = f" from {iso_utc(done.first_utc_ns)} to {iso_utc(done.last_utc_ns)}"
    print(f"{done.path}: {done.messages} messages{spans}")
    if done.problem:
        print(f"the rest is lost: {done.problem}", file=sys.stderr)
        return 1
    print("nothing was missing" if done.was_complete else "it was cut off; what had been written is there")
    return 0 if done.messages else 1
