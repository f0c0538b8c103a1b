"""The alert engine: observations and time in, transitions out. No clock; the same in gives the same out.

Everything that happens by time alone happens at its own instant, announced by `next_due_ns`, not when
somebody happens to look: `evaluate` works off what was due, in order, before it takes an observation in. So
the transitions are a function of the observations alone; how often `evaluate` is called only decides how
late they are heard.
"""

from collections.abc import Iterable, Sequence

from monitor.alerts.errors import NotPossibleError, UnknownAlertError
from monitor.alerts.life_cycle import PRESENT, AlertEvent, next_state
from monitor.alerts.observations import Observation
from monitor.alerts.predicates import rest_gate
from monitor.alerts.rule import NS_PER_S, Rule
from monitor.alerts.silence import Pauses, acknowledged_until_ns
from monitor.alerts.situation import Situation
from monitor.alerts.topics import Topic
from monitor.alerts.tracker import Tracker
from monitor.alerts.transition import AlertState, Kind, Priority, Transition
from monitor.alerts.verdict import clear
from monitor.alerts.wording import ActiveAlert, active_alert, transition_of
from monitor.exercise.phases import Phase
from monitor.plan.limits import Limits

UNTRACKED = frozenset({AlertState.INACTIVE, AlertState.PENDING})


class AlertEngine:
    """Watches one session."""

    def __init__(self, *, rules: Sequence[Rule], situation: Situation) -> None:
        self.situation = situation
        self.now_ns = situation.start_ns
        self._trackers = [Tracker(rule, subject) for rule in rules for subject in _subjects(rule, situation)]
        self._by_topic: dict[Topic, list[Tracker]] = {
            topic: [one for one in self._trackers if topic in one.rule.topics] for topic in Topic
        }
        # Who takes whose alert over while it is present.
        self._takers = {
            mild: [
                one
                for one in self._trackers
                if one.rule.rule_id == mild.rule.folds_into and one.subject == mild.subject
            ]
            for mild in self._trackers
        }
        self._dues: dict[Tracker, int] = {}
        self._numbers: dict[str, int] = {}
        self._seq = 0
        self._pauses = Pauses()
        self.next_due_ns: int | None = None
        for tracker in self._trackers:
            self._judge(tracker, self.now_ns, [])
        self._find_next_due()

    # -- time and observations ------------------------------------------------------------------------------

    def evaluate(self, observations: Iterable[Observation], now_ns: int) -> list[Transition]:
        """Take `observations` in, in the order of their `received_ns`, and let time pass to `now_ns`."""
        out: list[Transition] = []
        for observation in observations:
            self._pass_time(observation.received_ns, out)
            topics = self.situation.absorb(observation)
            if topics:
                self._judge_touched(topics, out)
        self._pass_time(now_ns, out)
        return out

    def _pass_time(self, to_ns: int, out: list[Transition]) -> None:
        while self.next_due_ns is not None and self.next_due_ns <= to_ns:
            tracker = next(one for one in self._trackers if self._dues.get(one) == self.next_due_ns)
            self.now_ns = max(self.now_ns, self.next_due_ns)
            self._ring(tracker, out)
            self._find_next_due()
        self.now_ns = max(self.now_ns, to_ns)

    def _ring(self, tracker: Tracker, out: list[Transition]) -> None:
        """One timer of `tracker` has run out."""
        timer = tracker.next_timer()
        if timer is None:
            self._note_due(tracker)
        elif timer[1] is None:
            self._judge(tracker, self.now_ns, out)
        else:
            self._apply_timed(tracker, timer[1], out)
            self._note_due(tracker)

    def _apply_timed(self, tracker: Tracker, event: AlertEvent, out: list[Transition]) -> None:
        if event is AlertEvent.LAPSED:
            tracker.drop_evidence()
        elif event is AlertEvent.CONFIRMED and self._pauses.until_ns(tracker.rule, self.now_ns) is not None:
            event = AlertEvent.CONFIRMED_IN_PAUSE
        elif event is AlertEvent.CLEARED:
            tracker.clear_since_ns = None
            if tracker.rule.latches(tracker.priority):
                event = AlertEvent.CLEARED_LATCHED
        self._apply(tracker, event, out)

    def _judge_touched(self, topics: frozenset[Topic], out: list[Transition]) -> None:
        if self.situation.phase is Phase.ENDED:
            self._end(out)
            return
        touched = {tracker for topic in topics for tracker in self._by_topic[topic]}
        for tracker in self._trackers:
            if tracker in touched or (Topic.PHASE in topics):
                self._judge(tracker, self.now_ns, out)
                # What is due at once (no delay to wait for) happens before the next row is judged.
                while self._dues.get(tracker, self.now_ns + 1) <= self.now_ns:
                    self._ring(tracker, out)
        self._find_next_due()

    def _judge(self, tracker: Tracker, now_ns: int, out: list[Transition]) -> None:
        rule = tracker.rule
        if self._folded(tracker) and tracker.state in UNTRACKED:
            tracker.review_at_ns = None
            if tracker.drop_evidence() is not None:
                self._apply(tracker, AlertEvent.FOLDED, out)
        else:
            if self.situation.phase in rule.phases:
                verdict = rule.predicate(self.situation, rule, tracker.subject, now_ns)
            else:
                verdict = clear(now_ns)
            event = tracker.judge(verdict, now_ns)
            if event is not None:
                self._apply(tracker, event, out)
        self._note_due(tracker)

    def _folded(self, tracker: Tracker) -> bool:
        return any(taker.state in PRESENT for taker in self._takers[tracker])

    def _note_due(self, tracker: Tracker) -> None:
        due = tracker.due_ns
        if due is None:
            self._dues.pop(tracker, None)
        else:
            self._dues[tracker] = due

    def _find_next_due(self) -> None:
        self.next_due_ns = min(self._dues.values(), default=None)

    # -- the life cycle -------------------------------------------------------------------------------------

    def _apply(
        self,
        tracker: Tracker,
        event: AlertEvent,
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
        if event in (AlertEvent.CONFIRMED, AlertEvent.CONFIRMED_IN_PAUSE):
            self._confirm(tracker, before)
        elif event is AlertEvent.RAISED and tracker.verdict is not None:
            tracker.priority = tracker.priority_of(tracker.verdict)
        tracker.state = after
        self._set_timers(tracker, before)
        if not (before in UNTRACKED and after in UNTRACKED):
            self._seq += 1
            out.append(
                transition_of(
                    tracker,
                    before,
                    event,
                    seq=self._seq,
                    at_ns=self.now_ns,
                    phase=self.situation.phase,
                    actor=actor,
                    reason=reason,
                )
            )
        if after is AlertState.RESOLVED:
            self._restart(tracker)
        self._note_due(tracker)
        self._note_presence(tracker.rule.rule_id)
        if after is AlertState.FIRING and before is not AlertState.FIRING:
            self._fold_milder(tracker, out)
        return True

    def _confirm(self, tracker: Tracker, before: AlertState) -> None:
        verdict, evidence = tracker.verdict, tracker.evidence
        if verdict is None or evidence is None:
            raise RuntimeError(f"{tracker.rule.rule_id} was confirmed without evidence")
        rule_id = tracker.rule.rule_id
        if before is AlertState.PENDING:
            self._numbers[rule_id] = self._numbers.get(rule_id, 0) + 1
            tracker.alert_id = f"{rule_id}-{self._numbers[rule_id]}"
        tracker.priority = tracker.priority_of(verdict)
        tracker.first_offending_ns = evidence.first_ns
        tracker.evidence = None
        tracker.clear_since_ns = None

    def _set_timers(self, tracker: Tracker, before: AlertState) -> None:
        now, state, rule = self.now_ns, tracker.state, tracker.rule
        if state in (AlertState.FIRING, AlertState.LATCHED):
            tracker.silenced_until_ns = None
            if rule.re_alert_s is not None:
                tracker.re_alert_at_ns = now + round(rule.re_alert_s * NS_PER_S)
        elif state in (AlertState.ACKNOWLEDGED, AlertState.PAUSED):
            tracker.re_alert_at_ns = None
            if before not in (AlertState.ACKNOWLEDGED, AlertState.PAUSED):
                tracker.silent_since_ns = now
            if state is AlertState.ACKNOWLEDGED:
                since = tracker.silent_since_ns
                tracker.silenced_until_ns = acknowledged_until_ns(tracker.priority, since)
            else:
                tracker.silenced_until_ns = self._pauses.until_ns(rule, now)
        if state is AlertState.LATCHED:
            tracker.clear_since_ns = None

    def _restart(self, tracker: Tracker) -> None:
        """The next alert of this rule is another one; what was already gathered for it is kept."""
        evidence = tracker.evidence
        tracker.start_again()
        if evidence is not None:
            tracker.evidence = evidence
            tracker.state = next_state(AlertState.INACTIVE, AlertEvent.MET) or tracker.state

    def _note_presence(self, rule_id: str) -> None:
        present = any(one.state in PRESENT for one in self._trackers if one.rule.rule_id == rule_id)
        if present:
            self.situation.present.add(rule_id)
        else:
            self.situation.present.discard(rule_id)

    def _fold_milder(self, taker: Tracker, out: list[Transition]) -> None:
        for tracker, takers in self._takers.items():
            if taker in takers:
                tracker.evidence = None
                self._apply(tracker, AlertEvent.FOLDED, out, reason=f"taken over by {taker.alert_id}")

    def _end(self, out: list[Transition]) -> None:
        for tracker in self._trackers:
            latches = tracker.rule.latches(tracker.priority)
            event = AlertEvent.ENDED_LATCHED if latches else AlertEvent.ENDED
            tracker.evidence = None
            tracker.review_at_ns = tracker.clear_since_ns = None
            self._apply(tracker, event, out, reason="session ended")
            self._note_due(tracker)
        self._find_next_due()

    # -- what people do -------------------------------------------------------------------------------------

    def acknowledge(self, alert_id: str, *, actor: str, now_ns: int) -> list[Transition]:
        """A person has taken `alert_id` up.

        Raises:
            UnknownAlertError: no active alert has this id.
            NotPossibleError: it is acknowledged already; a second time does not lengthen the silence.
        """
        return self._command(alert_id, AlertEvent.ACKNOWLEDGED, now_ns, actor=actor)

    def pause(self, *, actor: str, for_s: float, now_ns: int, rule_id: str | None = None) -> list[Transition]:
        """Silence `rule_id` (None: every rule) for `for_s`, at most as long as its priority allows.

        Raises:
            NotPossibleError: no such rule, or paused already; a pause is not lengthened, it ends first.
        """
        out: list[Transition] = []
        self._pass_time(now_ns, out)
        chosen = [one for one in self._trackers if rule_id in (None, one.rule.rule_id)]
        if not chosen:
            raise NotPossibleError(str(rule_id), "no such rule")
        started = {one.rule.rule_id for one in chosen if self._pauses.start(one.rule, for_s, self.now_ns)}
        if not started:
            raise NotPossibleError(rule_id or "all rules", "paused already; wait until that pause is over")
        for tracker in chosen:
            if tracker.rule.rule_id in started and tracker.state is AlertState.FIRING:
                self._apply(tracker, AlertEvent.PAUSED, out, actor=actor)
        self._find_next_due()
        return out

    def resume(self, *, actor: str, now_ns: int, rule_id: str | None = None) -> list[Transition]:
        """End the pause of `rule_id` (None: of every rule)."""
        out: list[Transition] = []
        self._pass_time(now_ns, out)
        for tracker in self._trackers:
            if rule_id in (None, tracker.rule.rule_id):
                self._pauses.end(tracker.rule)
                self._apply(tracker, AlertEvent.RESUMED, out, actor=actor)
        self._find_next_due()
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
        out: list[Transition] = []
        self._pass_time(now_ns, out)
        tracker = self._find(alert_id)
        if not self._apply(tracker, event, out, actor=actor, reason=reason):
            raise NotPossibleError(alert_id, f"is {tracker.state} and cannot be {event}")
        self._find_next_due()
        return out

    def change_limits(self, limits: Limits, *, now_ns: int) -> list[Transition]:
        """From now on `limits` are in force; everything is judged anew."""
        out: list[Transition] = []
        self._pass_time(now_ns, out)
        self.situation.limits = limits
        self._judge_touched(frozenset(Topic), out)
        return out

    def attempt_start(self, *, now_ns: int) -> tuple[tuple[str, ...], list[Transition]]:
        """Somebody wants exercise to begin: why it must not, and the blocking alerts told again."""
        out: list[Transition] = []
        self._pass_time(now_ns, out)
        reasons = []
        for tracker in self._trackers:
            if tracker.rule.blocks_start and tracker.active:
                reasons.append(f"{tracker.alert_id} is {tracker.state}")
                self._apply(tracker, AlertEvent.REPEATED, out, reason="start attempted")
        if self.situation.phase in (Phase.BEFORE, Phase.CALIBRATION) and not reasons:
            waiting = rest_gate.blocks(self.situation, self.now_ns)
            reasons += [waiting] if waiting else []
        reasons += [f"{one.alert_id} is {one.state}" for one in self._holding()]
        self._find_next_due()
        return tuple(dict.fromkeys(reasons)), out

    def _holding(self) -> list[Tracker]:
        """Alerts that allow no further exercise and no higher load."""
        return [
            one
            for one in self._trackers
            if one.state in PRESENT and one.rule.blocks_progress and one.priority is not Priority.LOW
        ]

    def _find(self, alert_id: str) -> Tracker:
        for tracker in self._trackers:
            if tracker.active and tracker.alert_id == alert_id:
                return tracker
        raise UnknownAlertError(alert_id)

    # -- what can be seen -----------------------------------------------------------------------------------

    def active(self) -> tuple[ActiveAlert, ...]:
        """The therapist's list: worst first, then oldest first."""
        shown = [active_alert(one) for one in self._trackers if one.active]
        order = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}
        kinds = {Kind.PHYSIOLOGICAL: 0, Kind.TECHNICAL: 1}
        return tuple(
            sorted(shown, key=lambda one: (order[one.priority], kinds[one.kind], one.first_offending_ns))
        )


def _subjects(rule: Rule, situation: Situation) -> list[str]:
    if not rule.roles:
        return [""]
    return [device for device, sensor in situation.sensors.items() if sensor.role in rule.roles]
