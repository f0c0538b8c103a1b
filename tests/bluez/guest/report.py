"""What the guest tells the host: each step as it goes, and all of them at the end."""

import json
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(slots=True, kw_only=True)
class Step:
    """One thing that was tried. `figures` are for reading, not for passing."""

    name: str
    passed: bool = False
    seconds: float = 0.0
    figures: dict[str, float | int | str] = field(default_factory=dict)
    failure: str = ""


class Report:
    """The steps, written to `folder`/report.json after each of them."""

    def __init__(self, folder: Path) -> None:
        self.steps: list[Step] = []
        self._file = folder / "report.json"

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Try something; a failure is noted, and the next step is tried all the same."""
        step = Step(name=name)
        self.steps.append(step)
        say(f"{name} ...")
        began_s = time.monotonic()
        try:
            yield step
            step.passed = True
        except Exception as error:  # noqa: BLE001 -- whatever it is, the host has to read it
            step.failure = "".join(traceback.format_exception(error))
        step.seconds = round(time.monotonic() - began_s, 1)
        figures = ", ".join(f"{key} {value}" for key, value in step.figures.items())
        say(f"{name}: {'passed' if step.passed else 'FAILED'} after {step.seconds} s {figures}")
        if step.failure:
            say(step.failure)
        self.write()

    def write(self) -> None:
        """Write what is known so far."""
        self._file.write_text(json.dumps({"steps": [asdict(step) for step in self.steps]}, indent=2) + "\n")


def say(text: str) -> None:
    """One line for whoever watches the host's terminal."""
    sys.stdout.write(f"guest: {text}\n")
    sys.stdout.flush()
