"""All alerts of a session: applies transitions by the table, numbers them, keeps timers, inhibits the milder.

Which event happens is decided in `engine`, by findings, time and people; what it does is decided here.
"""

from collections.abc import Sequence

from monitor.alerts.context.situation import Situation
from monitor.alerts.life_cycle import PRESENT, AlertEvent, next_state
from monitor.alerts.messages import transition_of
from monitor.alerts.silence import Pauses, acknowledged_until_ns
from monitor.alerts.tracker import Evidence, Timer, Tracker
from monitor.alerts.transition import AlertState, Priority, Transition
from protocols.units import NS_PER_S

# Not published: the session reports no transition between these two.
UNREPORTED = frozenset({AlertState.INACTIVE, AlertState.PENDING})
SILENT = frozenset({AlertState.ACKNOWLEDGED, AlertState.PAUSED})


class AlertTable:
    """All trackers of one session.

    Attributes:
        trackers: in the order of the rules, which is the order of judgement.
        pauses: which rules are paused.
    """

    def __init__(self, trackers: Sequence[Tracker], situation: Situation) -> None:
        self.trackers = tuple(trackers)
        self.pauses = Pauses()
        self._situation = situation
        # Who takes whose alert over while its own condition is present: the worse one, and whatever is worse
        # than that, for a sudden alert may come without the one between.
        self._inhibitors = {milder: _inhibitors_of(milder, trackers) for milder in trackers}
        self._timers: dict[Tracker, Timer] = {}
        self._numbers: dict[str, int] = {}
        self._seq = 0

    # -- timers ---------------------------------------------------------------------------------------------

    @property
    def next_due_ns(self) -> int | None:
        """When time alone will next do something."""
        return min((at_ns for at_ns, _ in self._timers.values()), default=None)

    def due(self, to_ns: int) -> tuple[Tracker, Timer] | None:
        """The earliest timer at or before `to_ns`; of several at one instant that of the first rule."""
        at_ns = self.next_due_ns
        if at_ns is None or at_ns > to_ns:
            return None
        return next(
            (one, self._timers[one])
            for one in self.trackers
            if one in self._timers and self._timers[one][0] == at_ns
        )

    def note_due(self, tracker: Tracker) -> None:
        """`tracker` has changed: when does it want to be woken?"""
        timer = tracker.next_timer()
        if timer is None:
            self._timers.pop(tracker, None)
        else:
            self._timers[tracker] = timer

    # -- moves ----------------------------------------------------------------------------------------------

    def is_inhibited(self, tracker: Tracker) -> bool:
        """True while a worse alert of the same condition is active and this one has not been published."""
        return tracker.state in UNREPORTED and any(one.state in PRESENT for one in self._inhibitors[tracker])

    def apply(
        self,
        tracker: Tracker,
        event: AlertEvent,
        now_ns: int,
        out: list[Transition],
        *,
        actor: str | None = None,
        reason: str = "",
    ) -> bool:
        """Move `tracker` by the table; False when the event does not concern its state."""
        before = tracker.state
        after = next_state(before, event)
        if after is None:
            return False
        if event in (AlertEvent.CONFIRMED, AlertEvent.CONFIRMED_IN_PAUSE) and tracker.evidence is not None:
            self._confirm(tracker, tracker.evidence)
        elif event is AlertEvent.RAISED:
            tracker.priority = tracker.asked_priority
        tracker.state = after
        self._set_timers(tracker, before, now_ns)
        if not (before in UNREPORTED and after in UNREPORTED):
            self._seq += 1
            out.append(
                transition_of(
                    tracker,
                    before,
                    event,
                    seq=self._seq,
                    at_ns=now_ns,
                    phase=self._situation.phase,
                    actor=actor,
                    reason=reason,
                )
            )
        if after is AlertState.RESOLVED:
            _restart(tracker)
        self.note_due(tracker)
        self._note_presence(tracker.rule.rule_id)
        if after is AlertState.FIRING and before is not AlertState.FIRING:
            self._inhibit_milder(tracker, now_ns, out)
        return True

    def restore(
        self,
        tracker: Tracker,
        event: AlertEvent,
        priority: Priority,
        now_ns: int,
        out: list[Transition],
        *,
        reason: str,
    ) -> None:
        """An alert that was active elsewhere is active here, under a number of this session."""
        if tracker.state is AlertState.PENDING:
            self.apply(tracker, AlertEvent.LAPSED, now_ns, out)
        tracker.evidence = None
        self._number(tracker)
        tracker.priority = priority
        tracker.first_offending_ns = now_ns
        self.apply(tracker, event, now_ns, out, reason=reason)

    def _number(self, tracker: Tracker) -> None:
        rule_id = tracker.rule.rule_id
        self._numbers[rule_id] = self._numbers.get(rule_id, 0) + 1
        tracker.alert_id = f"{rule_id}-{self._numbers[rule_id]}"

    def _confirm(self, tracker: Tracker, evidence: Evidence) -> None:
        if tracker.state is AlertState.PENDING:
            self._number(tracker)
        tracker.priority = tracker.asked_priority
        tracker.first_offending_ns = evidence.first_ns
        tracker.evidence = None
        tracker.clear_since_ns = None

    def _set_timers(self, tracker: Tracker, before: AlertState, now_ns: int) -> None:
        state, rule = tracker.state, tracker.rule
        if state in (AlertState.FIRING, AlertState.LATCHED):
            tracker.silenced_until_ns = None
            if rule.re_alert_s is not None:
                tracker.re_alert_at_ns = now_ns + round(rule.re_alert_s * NS_PER_S)
        elif state in SILENT:
            tracker.re_alert_at_ns = None
            if before not in SILENT:
                tracker.silent_since_ns = now_ns
            if state is AlertState.PAUSED:
                tracker.silenced_until_ns = self.pauses.until_ns(rule, now_ns)
            else:
                since_ns = tracker.silent_since_ns
                tracker.silenced_until_ns = acknowledged_until_ns(tracker.priority, since_ns)
        if state is AlertState.LATCHED:
            tracker.clear_since_ns = None

    def _note_presence(self, rule_id: str) -> None:
        present = any(one.state in PRESENT for one in self.trackers if one.rule.rule_id == rule_id)
        if present:
            self._situation.present.add(rule_id)
        else:
            self._situation.present.discard(rule_id)

    def _inhibit_milder(self, inhibitor: Tracker, now_ns: int, out: list[Transition]) -> None:
        for tracker, inhibitors in self._inhibitors.items():
            if inhibitor in inhibitors:
                tracker.evidence = None
                self.apply(
                    tracker, AlertEvent.INHIBITED, now_ns, out, reason=f"taken over by {inhibitor.alert_id}"
                )


def _inhibitors_of(milder: Tracker, trackers: Sequence[Tracker]) -> list[Tracker]:
    inhibitors: list[Tracker] = []
    above = milder.rule.inhibited_by
    while above is not None:
        same = [one for one in trackers if one.rule.rule_id == above]
        inhibitors += [one for one in same if one.subject == milder.subject]
        above = same[0].rule.inhibited_by if same else None
    return inhibitors


def _restart(tracker: Tracker) -> None:
    """The next alert of this rule is another one; what was already gathered for it is kept."""
    evidence = tracker.evidence
    tracker.start_again()
    if evidence is not None:
        tracker.evidence = evidence
        tracker.state = AlertState.PENDING
