"""Shows and sounds a session: one live screen on a terminal, plain lines everywhere else."""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TextIO

from rich.console import Console

from monitor.cli.screens.alarm_signal import AlarmSignal
from monitor.cli.screens.live_view import REFRESH_PER_S, LiveView
from monitor.cli.screens.session_view import SessionView
from monitor.cli.screens.sound import Sound
from monitor.cli.screens.terminal import can_redraw, log_shown_by
from monitor.clock import now_ns
from monitor.outputs import Output
from monitor.service import Service
from protocols.mqtt.plain_text import plain

# The station's own alarm, when nobody far away has answered, among the alerts that sound.
_LOCAL_ALARM = "local alarm"


class SessionDisplay:
    """What the assistant sees and hears.

    Args:
        title: what runs.
        to: where it is shown; on a terminal as a live screen, else as lines.
        lines_only: lines even on a terminal.
        with_tones: tones as well as the terminal's bell, where the machine can play them.
        rests_s: the prescribed rest after a set, by exercise.
        session: the session's id, for the screen.
    """

    def __init__(
        self,
        title: str,
        to: TextIO,
        *,
        lines_only: bool = False,
        with_tones: bool = True,
        rests_s: Mapping[str, float] | None = None,
        session: str = "",
    ) -> None:
        self.board = SessionView(start_ns=0, title=title, rests_s=rests_s or {}, session=session)
        self._to = to
        self._console = Console(file=to)
        self._is_live = can_redraw(self._console) and not lines_only
        self._sound = Sound(to, with_tones=with_tones)
        self._signal = AlarmSignal()
        self._local_alarm_rings = False
        self._view: LiveView | None = None
        self._sound_problem = ""
        self._storing_problem: str | None = None

    @contextmanager
    def begin(self) -> Iterator[None]:
        """The session's clock starts now; the screen is ours inside the context."""
        self.board.start_ns = now_ns()
        with ExitStack() as stack:
            stack.enter_context(self._sound)
            if self._is_live:
                # Whatever the log warns of would be written over the screen: it is shown on it.
                stack.enter_context(log_shown_by(self.note))
                self._view = stack.enter_context(LiveView(self.board, self._console))
                stack.callback(setattr, self, "_view", None)
            yield

    def observe(self, output: Output) -> None:
        """The session said something. What is serious sounds before anything else is done with it."""
        line = self.board.update(output)
        self._sound_what_is_due()
        self._say(line)

    def note(self, text: str) -> None:
        """Something else happened that a person should read."""
        self._say(self.board.note(now_ns(), text))

    def refresh(self) -> None:
        """Draw at once: somebody has pressed a key and looks for the answer."""
        if self._view is not None:
            self._view.draw()

    async def run(self, service: Service, *, pace: float = 1.0) -> None:
        """Keep the screen current, for ever; `pace` is session seconds for each second on the wall."""
        alarm_was = ""
        while True:
            self._look_at(service)
            alarm = service.local_alarm()
            sentence = alarm.sentence if alarm else ""
            if alarm and not alarm_was:
                self.note(sentence)
            self._local_alarm_rings = bool(alarm and alarm.rings)
            alarm_was, self.board.local_alarm = sentence, sentence
            self._sound_what_is_due()
            if self.board.rest_is_over():
                self.note("the prescribed rest is over")
            self.refresh()
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
        problem = service.storing_problem
        if problem != self._storing_problem:
            self._storing_problem = problem
            self.note(problem or "everything is stored again")
        if problem:
            board.delivery = problem
        for times in service.delivery_times():
            line = board.alerts.get(times.alert_id)
            if line is not None and line.transition.seq == times.seq:
                line.published_ms, line.confirmed_ms = times.published_ms, times.confirmed_ms

    def _sound_what_is_due(self) -> None:
        waiting = [(one.alert_id, one.priority.value) for one in self.board.unacknowledged()]
        if self._local_alarm_rings:
            waiting.append((_LOCAL_ALARM, "high"))
        priority = self._signal.due(waiting, now_ns=now_ns())
        if priority is not None:
            self._sound.play(priority)
        if self._sound.problem != self._sound_problem:
            self._sound_problem = self._sound.problem
            self.note(self._sound_problem or "tones can be played again")

    def _say(self, line: str | None) -> None:
        if line is not None and not self._is_live:
            print(plain(line), file=self._to, flush=True)


def display_for(title: str, *, as_json: bool, rests_s: Mapping[str, float] | None = None) -> SessionDisplay:
    """The display of a demo: on stdout, or as progress on stderr when stdout belongs to a program."""
    if as_json:
        lines_only = not sys.stderr.isatty()
        return SessionDisplay(title, sys.stderr, lines_only=lines_only, with_tones=False, rests_s=rests_s)
    return SessionDisplay(title, sys.stdout, with_tones=False, rests_s=rests_s)
