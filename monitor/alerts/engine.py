"""The alert engine: observations, people and time in, transitions out. The same in gives the same out.

Everything that happens by time alone happens at its own instant, announced by `next_due_ns`, not when
somebody happens to look: `evaluate` works off what was due, in order, before it takes an observation in. So
the transitions are a function of the observations alone; how often `evaluate` is called only decides how
late they are heard.
"""

from collections.abc import Iterable, Sequence

from monitor.alerts.alert_table import AlertTable
from monitor.alerts.change_topics import ChangeTopic
from monitor.alerts.context.situation import Situation
from monitor.alerts.errors import AlertCommandError, NotPossibleError, UnknownAlertError
from monitor.alerts.life_cycle import PRESENT, AlertEvent
from monitor.alerts.messages import ActiveAlert, active_alert
from monitor.alerts.observations import Observation
from monitor.alerts.predicates import rest_gate
from monitor.alerts.rule import Rule
from monitor.alerts.tracker import Tracker
from monitor.alerts.transition import AlertKind, Priority, Transition
from monitor.alerts.verdict import clear
from monitor.exercise.phases import Phase
from monitor.inputs import AlertRestored
from monitor.plan.limits import Limits

EVERYTHING = frozenset(ChangeTopic)


class AlertEngine:
    """Watches one session.

    Attributes:
        situation: what is known.
        now_ns: how far time has come.
        next_due_ns: when time alone will next do something.
    """

    def __init__(self, *, rules: Sequence[Rule], situation: Situation) -> None:
        self.situation = situation
        self.now_ns = situation.start_ns
        trackers = [Tracker(rule, subject) for rule in rules for subject in _subjects(rule, situation)]
        self._table = AlertTable(trackers, situation)
        self._concerned: dict[frozenset[ChangeTopic], tuple[Tracker, ...]] = {}
        # What time had brought when a command was then refused: told with the next thing that is asked.
        self._pending: list[Transition] = []
        self.next_due_ns: int | None = None
        self._judge_touched(EVERYTHING, [])

    # -- time and observations ------------------------------------------------------------------------------

    def evaluate(self, observations: Iterable[Observation], now_ns: int) -> list[Transition]:
        """Take `observations` in, in the order of their `received_ns`, and let time pass to `now_ns`."""
        out = self._take_pending()
        absorb = self.situation.absorb
        for observation in observations:
            # Hundreds of observations a second come, and seldom is anything due before one of them.
            at_ns = observation.received_ns
            if self.next_due_ns is not None and self.next_due_ns <= at_ns:
                self._pass_time(at_ns, out)
            self.now_ns = max(self.now_ns, at_ns)
            topics = absorb(observation)
            if topics:
                self._judge_touched(topics, out)
        self._pass_time(now_ns, out)
        return out

    def _take_pending(self) -> list[Transition]:
        out, self._pending = self._pending, []
        return out

    def _until(self, now_ns: int) -> list[Transition]:
        """What time brings until a command."""
        out = self._take_pending()
        self._pass_time(now_ns, out)
        return out

    def _refused(self, out: list[Transition]) -> None:
        """A command is refused: what time had brought before it is not lost with it."""
        self._pending = out
        if out:
            self.next_due_ns = self.now_ns

    def _pass_time(self, to_ns: int, out: list[Transition]) -> None:
        if self.next_due_ns is not None and self.next_due_ns <= to_ns:
            while (due := self._table.due(to_ns)) is not None:
                tracker, (at_ns, event) = due
                self.now_ns = max(self.now_ns, at_ns)
                self._wake(tracker, event, out)
            self.next_due_ns = self._table.next_due_ns
        self.now_ns = max(self.now_ns, to_ns)

    def _wake(self, tracker: Tracker, event: AlertEvent | None, out: list[Transition]) -> None:
        """`event` is what time has brought `tracker`; None: its verdict may have changed."""
        if event is None:
            self._judge(tracker, out)
            return
        if event is AlertEvent.LAPSED:
            tracker.drop_evidence()
        elif event is AlertEvent.CONFIRMED:
            if self._table.pauses.until_ns(tracker.rule, self.now_ns) is not None:
                event = AlertEvent.CONFIRMED_IN_PAUSE
        elif event is AlertEvent.CLEARED:
            tracker.clear_since_ns = None
            if tracker.rule.latches(tracker.priority):
                event = AlertEvent.CLEARED_LATCHED
        self._table.apply(tracker, event, self.now_ns, out)
        self._table.note_due(tracker)

    def _judge_touched(self, topics: frozenset[ChangeTopic], out: list[Transition]) -> None:
        if self.situation.phase is Phase.ENDED:
            self._end(out)
            return
        for tracker in self._concerned_by(topics):
            self._judge(tracker, out)
            # What is due at once (no delay to wait for) happens before the next row is judged.
            while (timer := tracker.next_timer()) is not None and timer[0] <= self.now_ns:
                self._wake(tracker, timer[1], out)
        self.next_due_ns = self._table.next_due_ns

    def _concerned_by(self, topics: frozenset[ChangeTopic]) -> Sequence[Tracker]:
        """In the order of judgement; few sets of topics come again and again."""
        concerned = self._concerned.get(topics)
        if concerned is None:
            # A change of phase concerns every rule: each says in which phases it speaks.
            concerned = tuple(
                one for one in self._table.trackers if topics & one.rule.topics or ChangeTopic.PHASE in topics
            )
            self._concerned[topics] = concerned
        return concerned

    def _judge(self, tracker: Tracker, out: list[Transition]) -> None:
        rule, now_ns = tracker.rule, self.now_ns
        if self._table.is_inhibited(tracker):
            tracker.review_at_ns = None
        else:
            if self.situation.phase in rule.phases:
                verdict = rule.predicate(self.situation, rule, tracker.subject, now_ns)
            else:
                verdict = clear(now_ns)
            event = tracker.judge(verdict, now_ns)
            if event is not None:
                self._table.apply(tracker, event, now_ns, out)
        self._table.note_due(tracker)

    def _end(self, out: list[Transition]) -> None:
        for tracker in self._table.trackers:
            latches = tracker.rule.latches(tracker.priority)
            event = AlertEvent.ENDED_LATCHED if latches else AlertEvent.ENDED
            tracker.evidence = None
            tracker.review_at_ns = tracker.clear_since_ns = None
            self._table.apply(tracker, event, self.now_ns, out, reason="session ended")
            self._table.note_due(tracker)
        self.next_due_ns = self._table.next_due_ns

    # -- what people do -------------------------------------------------------------------------------------

    def acknowledge(self, alert_id: str, *, actor: str, now_ns: int, reason: str = "") -> list[Transition]:
        """A person has taken `alert_id` up; `reason` is what they made of it.

        Raises:
            UnknownAlertError: no active alert has this id.
            NotPossibleError: it is acknowledged already; a second time does not lengthen the silence.
        """
        return self._command(alert_id, AlertEvent.ACKNOWLEDGED, now_ns, actor=actor, reason=reason)

    def pause(self, *, actor: str, for_s: float, now_ns: int, rule_id: str | None = None) -> list[Transition]:
        """Silence `rule_id` (None: every rule) for `for_s`, at most as long as its priority allows.

        Raises:
            NotPossibleError: no such rule, or paused already; a pause is not lengthened, it ends first.
        """
        out = self._until(now_ns)
        chosen = [one for one in self._table.trackers if rule_id in (None, one.rule.rule_id)]
        if not chosen:
            self._refused(out)
            raise NotPossibleError(str(rule_id), "no such rule")
        pauses = self._table.pauses
        started = {one.rule.rule_id for one in chosen if pauses.start(one.rule, for_s, self.now_ns)}
        if not started:
            self._refused(out)
            raise NotPossibleError(rule_id or "all rules", "paused already; wait until that pause is over")
        for tracker in chosen:
            if tracker.rule.rule_id in started:
                self._table.apply(tracker, AlertEvent.PAUSED, self.now_ns, out, actor=actor)
        self.next_due_ns = self._table.next_due_ns
        return out

    def resume(self, *, actor: str, now_ns: int, rule_id: str | None = None) -> list[Transition]:
        """End the pause of `rule_id` (None: of every rule)."""
        out = self._until(now_ns)
        for tracker in self._table.trackers:
            if rule_id in (None, tracker.rule.rule_id):
                self._table.pauses.end(tracker.rule)
                self._table.apply(tracker, AlertEvent.RESUMED, self.now_ns, out, actor=actor)
        self.next_due_ns = self._table.next_due_ns
        return out

    def override(self, alert_id: str, *, actor: str, reason: str, now_ns: int) -> list[Transition]:
        """A therapist closes an alert that only a therapist may close.

        Raises:
            UnknownAlertError: no active alert has this id.
            NotPossibleError: its rule clears by itself, or there is no reason.
        """
        tracker = self._find(alert_id)
        if not tracker.rule.therapist_only:
            raise NotPossibleError(alert_id, "closes by itself when its condition has gone; acknowledge it")
        if not reason.strip():
            raise NotPossibleError(alert_id, "an override needs a reason")
        if tracker.rule.blocks_start:
            self.situation.start_overridden = True
        else:
            self.situation.symptom = None
        return self._command(alert_id, AlertEvent.OVERRIDDEN, now_ns, actor=actor, reason=reason)

    def _command(
        self, alert_id: str, event: AlertEvent, now_ns: int, *, actor: str, reason: str = ""
    ) -> list[Transition]:
        out = self._until(now_ns)
        try:
            tracker = self._find(alert_id)
            if not self._table.apply(tracker, event, self.now_ns, out, actor=actor, reason=reason):
                raise NotPossibleError(alert_id, f"is {tracker.state} and cannot be {event}")
        except AlertCommandError:
            self._refused(out)
            raise
        self.next_due_ns = self._table.next_due_ns
        return out

    def restore(self, alert: AlertRestored, *, now_ns: int) -> list[Transition]:
        """An alert of a session that was cut off goes on here; one that this session has by itself stays."""
        out = self._until(now_ns)
        for tracker in self._table.trackers:
            if tracker.rule.rule_id == alert.rule_id and not tracker.subject and not tracker.active:
                event = AlertEvent.RESTORED_LATCHED if alert.is_latched else AlertEvent.RESTORED
                tracker.restored_message = alert.message
                self._table.restore(
                    tracker,
                    event,
                    Priority(alert.priority),
                    self.now_ns,
                    out,
                    reason=f"{alert.alert_id} of session {alert.session_id}, which was cut off",
                )
        self.next_due_ns = self._table.next_due_ns
        return out

    def change_limits(self, limits: Limits, *, now_ns: int) -> list[Transition]:
        """From now on `limits` are in force; everything is judged anew."""
        out = self._until(now_ns)
        self.situation.limits = limits
        self._judge_touched(EVERYTHING, out)
        return out

    def attempt_start(self, *, now_ns: int) -> tuple[tuple[str, ...], list[Transition]]:
        """Somebody wants exercise to begin: why it must not, and the blocking alerts told again."""
        out = self._until(now_ns)
        reasons = []
        for tracker in self._table.trackers:
            if tracker.rule.blocks_start and tracker.active:
                reasons.append(f"{tracker.alert_id} is {tracker.state}")
                self._table.apply(tracker, AlertEvent.REPEATED, self.now_ns, out, reason="start attempted")
            elif _holds(tracker):
                reasons.append(f"{tracker.alert_id} is {tracker.state}")
        if self.situation.phase in (Phase.BEFORE, Phase.CALIBRATION):
            waiting = rest_gate.blocks(self.situation, self.now_ns)
            reasons += [waiting] if waiting else []
        self.next_due_ns = self._table.next_due_ns
        return tuple(reasons), out

    def _find(self, alert_id: str) -> Tracker:
        for tracker in self._table.trackers:
            if tracker.active and tracker.alert_id == alert_id:
                return tracker
        raise UnknownAlertError(alert_id)

    # -- what can be seen -----------------------------------------------------------------------------------

    def active(self) -> tuple[ActiveAlert, ...]:
        """The therapist's list: worst first, then oldest first."""
        shown = [active_alert(one) for one in self._table.trackers if one.active]
        kinds = {AlertKind.PHYSIOLOGICAL: 0, AlertKind.TECHNICAL: 1}
        return tuple(
            sorted(shown, key=lambda one: (-one.priority.rank, kinds[one.kind], one.first_offending_ns))
        )


def _holds(tracker: Tracker) -> bool:
    """Whether the alert allows no further exercise and no higher load."""
    worse_than_low = tracker.priority is not Priority.LOW
    return tracker.state in PRESENT and tracker.rule.blocks_progress and worse_than_low


def _subjects(rule: Rule, situation: Situation) -> list[str]:
    if not rule.roles:
        return [""]
    return [device for device, sensor in situation.sensors.items() if sensor.role in rule.roles]
