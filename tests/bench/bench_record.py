"""A year of a busy clinic in one store, and an hour's session in every form.

20 stations, 12 sessions a day, 250 days: 60,000 sessions with their exercises and alerts are written as the
service writes them; then listing, a patient's progress and the quality report are timed, whole, as a person
would call them. An hour's facts (36,000 angles, 18,000 vital signs, 20 sets) go to every form that is
installed, in CPU seconds. The FHIR bundle is timed beside the same bundle built with fhir.resources' models
and written by them, in the same run.

Run: `python -m tests.bench.bench_record [--sessions 60000]`; a table to stderr, JSON to stdout; exit 1 when a
budget is not kept.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

from monitor.app import STORE_NAME
from monitor.cli.main import main as kinewatch
from monitor.record.facts import SessionFacts
from monitor.record.facts_json import to_json
from monitor.record.fhir.bundle import bundle
from monitor.record.fhir.bundle import to_json as bundle_json
from monitor.record.formats import FORMATS
from monitor.record.rows import stored_record
from monitor.store.record_rows import StoredRecord
from monitor.store.store import Store
from tests.support.made_facts import an_hour, made_facts

STATIONS, A_DAY, DAYS = 20, 12, 250
DAY_NS = 86_400 * 10**9
# Budgets: CPU seconds for a question over the year, CPU seconds for all forms, times fhir.resources.
QUESTION_S, FORMS_S, TIMES = 1.0, 5.0, 10.0


def year(count: int) -> Iterator[StoredRecord]:
    """As many sessions, forty for each patient; the facts are half an hour's."""
    random = Random(20261201)
    facts = made_facts(1, sets=4, repetitions=10, duration_s=1800.0)
    text = to_json(facts, series=False)
    base = stored_record(facts)
    patients = max(1, count // 40)
    for number in range(count):
        day = number // (STATIONS * A_DAY)
        row = replace(
            base.row,
            session_id=f"{number:08x}",
            patient_id=f"p-{random.randrange(patients):05d}",
            station=f"gym-{number % STATIONS + 1:02d}",
            started_utc_ns=20_454 * DAY_NS + day * DAY_NS + (number % A_DAY) * 2400 * 10**9,
            repetitions_done=random.randrange(100, 400),
        )
        alerts = tuple(
            replace(alert, acknowledged_after_s=round(random.expovariate(0.1), 3))
            for alert in base.alerts[: random.randrange(0, 8)]
        )
        yield StoredRecord(row=row, exercises=base.exercises, alerts=alerts, facts=text)


def made_store(folder: Path, count: int) -> None:
    """The store, in transactions of a thousand."""
    with Store(folder / STORE_NAME) as store:
        records = year(count)
        done = 0
        while done < count:
            with store.transaction():
                for _ in range(min(1000, count - done)):
                    store.records.keep(next(records))
                    done += 1
            sys.stderr.write(f"\r{done} sessions")
    sys.stderr.write("\n")


def best(run: Callable[[], object]) -> tuple[float, float]:
    """The best of three: seconds on the wall and of CPU (others use the machine too)."""
    wall, cpu = [], []
    for _ in range(3):
        began, began_cpu = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - began_cpu)
    return min(wall), min(cpu)


def cpu_s(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def questions(folder: Path) -> dict[str, tuple[float, float]]:
    def asked(*words: str) -> Callable[[], object]:
        def run() -> None:
            with redirect_stdout(StringIO()):
                assert kinewatch([*words, "--sessions", str(folder)]) == 0

        return run

    return {
        "sessions, the last 20": best(asked("sessions")),
        "sessions, all": best(asked("sessions", "--last", "all")),
        "progress": best(asked("progress", "p-00007")),
        "quality": best(asked("quality")),
    }


def forms(facts: SessionFacts) -> dict[str, float]:
    found = {}
    for one in FORMATS.values():
        if one.is_installed():
            list(one.files(replace(facts, series=facts.series[:1])))  # imports are not the form's price
            found[one.name] = cpu_s(lambda one=one: list(one.files(facts)))
    return found


def against_models(facts: SessionFacts) -> float | None:
    """Our bundle's speed over that of fhir.resources' models for the same content."""
    try:
        from fhir.resources.R4B.bundle import Bundle
    except ImportError:
        return None
    made: Any = bundle(facts)
    Bundle.model_validate(made)
    rounds = 3
    ours = cpu_s(lambda: [bundle_json(facts) for _ in range(rounds)])
    theirs = cpu_s(lambda: [Bundle.model_validate(made).model_dump_json() for _ in range(rounds)])
    return theirs / ours


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the store here, or use the one there"
    )
    parser.add_argument("--sessions", type=int, default=STATIONS * A_DAY * DAYS)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kinewatch-bench-") as name:
        folder = args.keep or Path(name)
        if not (folder / STORE_NAME).exists():
            made_store(folder, args.sessions)
        size_mb = (folder / STORE_NAME).stat().st_size / 1e6
        asked = questions(folder)
    facts = an_hour()
    written = forms(facts)
    times = against_models(facts)
    result = {
        "sessions": args.sessions,
        "store_mb": round(size_mb, 1),
        "questions_s": {key: round(wall, 3) for key, (wall, _) in asked.items()},
        "questions_cpu_s": {key: round(cpu, 3) for key, (_, cpu) in asked.items()},
        "forms_cpu_s": {key: round(value, 3) for key, value in written.items()},
        "forms_cpu_s_all": round(sum(written.values()), 3),
        "forms_missing": [one.name for one in FORMATS.values() if not one.is_installed()],
        "times_fhir_resources": None if times is None else round(times, 1),
    }
    for key, value in result.items():
        sys.stderr.write(f"{key}: {value}\n")
    sys.stdout.write(json.dumps(result) + "\n")
    kept = max(cpu for _, cpu in asked.values()) < QUESTION_S and sum(written.values()) < FORMS_S
    return 0 if kept and (times is None or times >= TIMES) else 1


if __name__ == "__main__":
    sys.exit(main())
