"""`kinewatch demo`: a whole session on simulated devices, with a therapist who answers."""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from monitor.cli.arguments import positive_or_max
from monitor.errors import WrongUseError

# Six simulated minutes in well under one on the wall, with time to read along.
DEFAULT_SPEED = 8.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--scenario",
        default="knee-extension",
        metavar="NAME",
        help="a scenario that comes with kinewatch, or a TOML file (default: %(default)s)",
    )
    parser.add_argument(
        "--speed",
        type=positive_or_max,
        default=argparse.SUPPRESS,
        metavar="N|max",
        help=f"session seconds for each second on the wall; 1 is real time "
        f"(default: {DEFAULT_SPEED:g}, with --page 1)",
    )
    parser.add_argument(
        "--page",
        action="store_true",
        help="serve the therapist's page and the bedside screen",
    )
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the recording and the store in this new folder"
    )


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 only if every alert was confirmed, nothing was missed and the replay was identical."""
    from monitor.cli.demo.runner import Demo
    from monitor.cli.demo.setting import plan_for
    from monitor.cli.demo.summary import print_summary
    from monitor.cli.page.links import check_installed
    from monitor.cli.screens.session_display import display_for
    from simulators.errors import SimulatorError
    from simulators.radio import clock
    from simulators.scenario.loader import load

    if args.page:
        check_installed()
    # Somebody who works at the page needs the time that a patient takes.
    speed = getattr(args, "speed", 1.0 if args.page else DEFAULT_SPEED)
    try:
        scenario = load(args.scenario)
    except SimulatorError as exc:
        raise WrongUseError(str(exc)) from exc
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kinewatch-demo-")))
        demo = Demo(
            scenario=scenario,
            folder=args.keep or scratch / "session",
            scratch=scratch,
            speed=speed,
            with_page=args.page,
            display=display_for(
                f"kinewatch demo: {scenario.name}",
                as_json=args.json,
                rests_s={one.name: one.rest_s for one in plan_for(scenario).exercises},
            ),
        )
        # Virtual, however fast: on a loaded machine time passes more slowly, and nothing comes late.
        try:
            clock.run(demo.run, clock="virtual", at_most=speed)
        except KeyboardInterrupt:
            if args.keep:
                print(f"what was recorded lies in {args.keep}", file=sys.stderr)
            raise
        summary = demo.summary(kept=args.keep)
    if args.json:
        print(json.dumps(summary, indent=2))
    else:
        print_summary(summary, sys.stdout)
    return 0 if summary["ok"] else 1
