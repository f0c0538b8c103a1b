"""The same inputs again: do they give the same outputs, to the bit?"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from monitor.inputs import Input
from monitor.recording.reader import Item, RecordedInput, RecordedOutput

Output = TypeVar("Output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first place where replay and recording part; None is a line that one of them does not have.

    `input_number` counts from 1 and is the last input that was fed before; `received_ns` is its receive time.
    """

    input_number: int
    received_ns: int
    recorded: str | None
    replayed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What came of a replay. `added_fields`: of the lines, since the recording was made.

    `is_complete` is false where the recording ends without its last word; `whole_bytes` of it could be read.
    """

    inputs: int
    recorded_outputs: int
    replayed_outputs: int
    difference: Difference | None
    added_fields: frozenset[str] = frozenset()
    is_complete: bool = True
    whole_bytes: int = 0

    @property
    def is_identical(self) -> bool:
        """Every line the same, none missing, none more."""
        return self.difference is None


def replay(
    items: Iterable[Item],
    feed: Callable[[Input], Iterable[Output]],
    to_json: Callable[[Output], str],
    *,
    on_line: Callable[[str], None] | None = None,
    is_complete: Callable[[], bool] = lambda: True,
    may_lack_fields: bool = False,
) -> ReplayReport:
    """Feed every recorded input to a new session and compare line by line.

    `on_line` gets each replayed line. `is_complete` is asked at the end of the items: outputs that a
    recording cut off by a crash no longer has after its last input are no difference. `may_lack_fields`,
    for a recording of an earlier format: fields that did not exist then are none either; the report
    names them.
    """
    comparison = _Comparison(may_lack_fields=may_lack_fields)
    for item in items:
        if isinstance(item, RecordedInput):
            comparison.end_of_input()
            lines = [to_json(output) for output in feed(item.value)]
            if on_line is not None:
                for line in lines:
                    on_line(line)
            comparison.replayed(item.value.received_ns, lines)
        elif isinstance(item, RecordedOutput):
            comparison.recorded(item.line)
    if is_complete():
        comparison.end_of_input()
    return ReplayReport(
        inputs=comparison.inputs,
        recorded_outputs=comparison.recorded_outputs,
        replayed_outputs=comparison.replayed_outputs,
        difference=comparison.difference,
        added_fields=frozenset(comparison.added_fields),
        is_complete=is_complete(),
    )


class _Comparison:
    """The lines of the input at hand, against each other."""

    def __init__(self, *, may_lack_fields: bool) -> None:
        self._may_lack_fields = may_lack_fields
        self.added_fields: set[str] = set()
        self.inputs = 0
        self.recorded_outputs = 0
        self.replayed_outputs = 0
        self.difference: Difference | None = None
        self._received_ns = 0
        self._expected: list[str] = []
        self._next = 0

    def replayed(self, received_ns: int, lines: list[str]) -> None:
        """The session said these after one more input."""
        self.inputs += 1
        self.replayed_outputs += len(lines)
        self._received_ns = received_ns
        self._expected = lines
        self._next = 0

    def recorded(self, line: str) -> None:
        """The recording has this line next."""
        self.recorded_outputs += 1
        replayed = self._expected[self._next] if self._next < len(self._expected) else None
        self._next += 1
        if replayed != line and not self._says_more(line, replayed):
            self._differs(recorded=line, replayed=replayed)

    def _says_more(self, recorded: str, replayed: str | None) -> bool:
        """Whether the replayed line is the recorded one with fields that did not exist then."""
        if not self._may_lack_fields or replayed is None:
            return False
        before, now = json.loads(recorded), json.loads(replayed)
        added = now.keys() - before.keys()
        if {key: value for key, value in now.items() if key not in added} != before:
            return False
        self.added_fields |= added
        return True

    def end_of_input(self) -> None:
        """The recording has no more lines for the input at hand."""
        if self._next < len(self._expected):
            self._differs(recorded=None, replayed=self._expected[self._next])

    def _differs(self, *, recorded: str | None, replayed: str | None) -> None:
        if self.difference is None:
            self.difference = Difference(
                input_number=self.inputs,
                received_ns=self._received_ns,
                recorded=recorded,
                replayed=replayed,
            )
