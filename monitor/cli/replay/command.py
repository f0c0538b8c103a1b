"""`kinewatch replay`: the same inputs again; do they give the same events, to the bit?"""

import argparse
import sys
from pathlib import Path

from monitor.errors import RunFailedError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="a recording.mcap, or its folder")
    parser.add_argument(
        "--plan", type=Path, metavar="FILE", help="judge by this plan instead; nothing is compared then"
    )
    parser.add_argument("--quiet", action="store_true", help="do not print the events, only the outcome")


def run(args: argparse.Namespace) -> int:
    """Replay; 0 if the events are identical (or another plan was asked for), 1 if not."""
    from monitor.app import RECORDING_NAME
    from monitor.cli.replay.running import replay_recording
    from monitor.plan.plan import load_plan

    path = args.recording / RECORDING_NAME if args.recording.is_dir() else args.recording
    plan = None if args.plan is None else load_plan(args.plan)
    # Where the events scroll by they are progress enough; a file or a pipe gets no such line.
    told = sys.stderr.isatty() and (args.quiet or not sys.stdout.isatty())
    report = replay_recording(
        path,
        plan=plan,
        on_line=None if args.quiet else print,
        on_percent=_show_percent if told else None,
    )
    if told:
        print("\r\033[K", end="", file=sys.stderr)
    counted = f"{report.inputs} inputs, {report.replayed_outputs} events"
    if not report.is_complete:
        size = path.stat().st_size
        counted = f"{counted}; the recording is cut off: {report.whole_bytes} of {size} bytes could be read"
        if not report.inputs:
            raise RunFailedError(
                f"{path}: is cut off before its first input ({report.whole_bytes} of {size} bytes could be "
                "read): nothing was replayed, so nothing is known of it"
            )
    if plan is not None:
        print(f"{path}: replayed with {args.plan}: {counted}", file=sys.stderr)
        return 0
    difference = report.difference
    if difference is None:
        print(f"{path}: identical: {counted}", file=sys.stderr)
        if report.added_fields:
            added = ", ".join(sorted(report.added_fields))
            print(f"fields that did not exist when it was recorded: {added}", file=sys.stderr)
        return 0
    raise RunFailedError(
        f"{path}: the replay differs after input {difference.input_number} "
        f"(at {difference.received_ns} ns)\n  recorded: {difference.recorded or 'nothing'}\n"
        f"  replayed: {difference.replayed or 'nothing'}"
    )


def _show_percent(percent: int) -> None:
    print(f"\rreplayed {percent:3d} %", end="", file=sys.stderr, flush=True)
