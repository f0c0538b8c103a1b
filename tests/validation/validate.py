"""Accuracy on recordings: `python -m tests.validation.validate --data FOLDER --out build/validation.json`.

Prints a table and writes every figure with its protocol. A folder that holds other subjects and trials in
the same format works as well; what is not there is left out and said.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.validation import (
    broad,
    chair,
    gait,
    motion_rate,
    oximetry,
    people,
    physical_therapy,
    pulse,
    rig,
    shoulder,
)
from tests.validation.metric import Metric, table, write_json

PARTS: dict[str, Callable[[Path], list[Metric]]] = {
    "repetitions, physical therapy": physical_therapy.measure,
    "repetitions, shoulder watch": shoulder.measure,
    "joint angle, two-IMU rig": rig.measure,
    "orientation, BROAD": broad.measure,
    "calibration and angle, simulated people": people.measure,
    "heart rate in motion, simulated": motion_rate.measure,
    "SpO2, simulated hours": oximetry.measure,
    "pulse, PPG beside ECG": pulse.measure,
    "gait, feet and lower back": gait.measure,
    "five times sit to stand": chair.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("KINEWATCH_DATA", "../shared/data")))
    parser.add_argument("--out", type=Path, default=Path("build/validation.json"))
    options = parser.parse_args(arguments)
    if not options.data.is_dir():
        sys.stderr.write(f"no folder of recordings at {options.data}: give --data or KINEWATCH_DATA\n")
        return 2
    metrics: list[Metric] = []
    for name, measure in PARTS.items():
        began = time.perf_counter()
        found = measure(options.data)
        metrics += found
        took = f"{time.perf_counter() - began:.0f} s" if found else "no recordings"
        sys.stderr.write(f"{name}: {took}\n")
    write_json(metrics, options.out)
    missed = [m.metric for m in metrics if m.met is False]
    sys.stdout.write(f"{table(metrics)}\n{len(metrics)} figures in {options.out}\n")
    if missed:
        sys.stdout.write(f"missed: {', '.join(missed)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
