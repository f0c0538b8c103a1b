"""Function tests: the last word on each trial, with its conditions."""

from typing import Any

from monitor.record.facts import FunctionTestFacts, NotRecorded
from monitor.record.gather.times import SessionTime

NO_TESTS = NotRecorded(reason="no function test was recorded in this session")
FINISHED = "finished"


class FunctionTestLog:
    """Results as they come; a later one of the same trial (the rest of a length, void) replaces it."""

    def __init__(self, time: SessionTime) -> None:
        self._time = time
        self._results: dict[tuple[str, int | None], dict[str, Any]] = {}

    def ended(self, record: dict[str, Any]) -> None:
        """A trial's result."""
        self._results[record["test"], record["begin_ns"]] = record

    def facts(self) -> tuple[FunctionTestFacts, ...] | NotRecorded:
        """Every trial in the order in which they began."""
        if not self._results:
            return NO_TESTS
        return tuple(self._fact(number, record) for number, record in enumerate(self._results.values(), 1))

    def _fact(self, number: int, record: dict[str, Any]) -> FunctionTestFacts:
        began_ns = record["at_ns"] if record["begin_ns"] is None else record["begin_ns"]
        figures = [value for value in record["values"] if value["value"] is not None]
        conditions = [
            f"{name.replace('_', ' ')}: {value}" for name, value in sorted(record["conditions"].items())
        ]
        about = [] if record["state"] == FINISHED else [record["state"]]
        about += [record["reason"]] if record["reason"] else []
        absent = [
            f"no {value['name'].replace('_', ' ')}: {value['missing']}"
            for value in record["values"]
            if value["value"] is None and value["missing"]
        ]
        return FunctionTestFacts(
            fact_id=f"function-test-{number}",
            t_s=self._time.s(began_ns),
            test=record["test"],
            valid=record["state"] == FINISHED,
            measures=tuple(
                (value["name"], round(value["value"], 3), value["unit"], value["error"]) for value in figures
            ),
            remarks=(*about, *conditions, *absent),
        )
