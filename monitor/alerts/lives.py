"""The lives of all alerts of a session: moves them by the table, numbers them, keeps timers, folds.

Which event happens is decided in `engine`, by findings, time and people; what it does is decided here.
"""

from collections.abc import Sequence

from monitor.alerts.context.situation import Situation
from monitor.alerts.life_cycle import PRESENT, AlertEvent, next_state
from monitor.alerts.rule import NS_PER_S
from monitor.alerts.silence import Pauses, acknowledged_until_ns
from monitor.alerts.tracker import Evidence, Timer, Tracker
from monitor.alerts.transition import AlertState, Transition
from monitor.alerts.wording import transition_of

# Nobody has been told of these.
UNTOLD = frozenset({AlertState.INACTIVE, AlertState.PENDING})
SILENT = frozenset({AlertState.ACKNOWLEDGED, AlertState.PAUSED})


class Lives:
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
        self._takers = {mild: _takers_of(mild, trackers) for mild in trackers}
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

    def is_folded(self, tracker: Tracker) -> bool:
        """Whether a worse alert speaks for `tracker` at present, and it has not been told of itself."""
        return tracker.state in UNTOLD and any(one.state in PRESENT for one in self._takers[tracker])

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
        if not (before in UNTOLD and after in UNTOLD):
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
            self._fold_milder(tracker, now_ns, out)
        return True

    def _confirm(self, tracker: Tracker, evidence: Evidence) -> None:
        rule_id = tracker.rule.rule_id
        if tracker.state is AlertState.PENDING:
            self._numbers[rule_id] = self._numbers.get(rule_id, 0) + 1
            tracker.alert_id = f"{rule_id}-{self._numbers[rule_id]}"
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

    def _fold_milder(self, taker: Tracker, now_ns: int, out: list[Transition]) -> None:
        for tracker, takers in self._takers.items():
            if taker in takers:
                tracker.evidence = None
                self.apply(tracker, AlertEvent.FOLDED, now_ns, out, reason=f"taken over by {taker.alert_id}")


def _takers_of(mild: Tracker, trackers: Sequence[Tracker]) -> list[Tracker]:
    takers: list[Tracker] = []
    above = mild.rule.folds_into
    while above is not None:
        same = [one for one in trackers if one.rule.rule_id == above]
        takers += [one for one in same if one.subject == mild.subject]
        above = same[0].rule.folds_into if same else None
    return takers


def _restart(tracker: Tracker) -> None:
    """The next alert of this rule is another one; what was already gathered for it is kept."""
    evidence = tracker.evidence
    tracker.start_again()
    if evidence is not None:
        tracker.evidence = evidence
        tracker.state = AlertState.PENDING
