"""Shows a session while it runs: one live screen on a terminal, plain lines everywhere else."""

import asyncio
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TextIO

from rich.console import Console

from monitor.alerts.transition import AlertState, Transition
from monitor.cli.screens.board import Board
from monitor.cli.screens.live_view import REFRESH_PER_S, LiveView
from monitor.clock import now_ns
from monitor.outputs import Output
from monitor.service import Service

# Terminal bell: heard where nobody looks at the screen (IEC 60601-1-8 asks for a local signal).
BELL = "\a"


class SessionDisplay:
    """What the assistant sees.

    Args:
        title: what runs.
        to: where it is shown; on a terminal as a live screen, else as lines.
        lines_only: lines even on a terminal.
        bell: ring the terminal's bell for a high-priority alert and a local alarm.
    """

    def __init__(self, title: str, to: TextIO, *, lines_only: bool = False, bell: bool = True) -> None:
        self.board = Board(start_ns=0, title=title)
        self._to = to
        self._console = Console(file=to)
        self._is_live = self._console.is_terminal and not lines_only
        self._bell = bell and to.isatty()
        self._view: LiveView | None = None

    def begin(self) -> AbstractContextManager[object]:
        """The session's clock starts now; the screen is ours inside the context."""
        self.board.start_ns = now_ns()
        if not self._is_live:
            return nullcontext()
        self._view = LiveView(self.board, self._console)
        return self._view

    def observe(self, output: Output) -> None:
        """The session said something."""
        self._say(self.board.take(output))
        if isinstance(output, Transition) and output.to_state is AlertState.FIRING:
            self._ring(output.priority.value == "high")

    def note(self, text: str) -> None:
        """Something else happened that a person should read."""
        self._say(self.board.note(now_ns(), text))

    async def run(self, service: Service, *, pace: float = 1.0) -> None:
        """Keep the screen current, for ever; `pace` is session seconds for each second on the wall."""
        alarm_was = ""
        while True:
            self._look_at(service)
            alarm = service.local_alarm()
            sentence = alarm.sentence if alarm else ""
            if alarm and not alarm_was:
                self.note(sentence)
            self._ring(bool(alarm and alarm.rings))
            alarm_was, self.board.local_alarm = sentence, sentence
            if self._view is not None:
                self._view.draw()
            await asyncio.sleep(pace / REFRESH_PER_S)

    def _look_at(self, service: Service) -> None:
        board, health = self.board, service.delivery_health()
        board.now_ns = now_ns()
        waiting = f", {health.open_events} alerts wait" if health.open_events else ""
        was, board.delivery = board.delivery, health.problem
        if health.connected:
            board.delivery = f"therapist's broker: connected{waiting}"
        elif was != board.delivery:
            self.note(f"{health.problem}{waiting}; the session goes on")
        if service.recording_problem:
            board.delivery = service.recording_problem
        for times in service.delivery_times():
            line = board.alerts.get(times.alert_id)
            if line is not None and line.transition.seq == times.seq:
                line.published_ms, line.confirmed_ms = times.published_ms, times.confirmed_ms

    def _ring(self, is_due: bool) -> None:
        if is_due and self._bell:
            self._to.write(BELL)
            self._to.flush()

    def _say(self, line: str | None) -> None:
        if line is not None and not self._is_live:
            print(line, file=self._to, flush=True)


def display_for(title: str, *, as_json: bool) -> SessionDisplay:
    """The display of a command: on stdout, or as progress on stderr when stdout belongs to a program."""
    if as_json:
        return SessionDisplay(title, sys.stderr, lines_only=not sys.stderr.isatty())
    return SessionDisplay(title, sys.stdout)
