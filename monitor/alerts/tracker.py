"""One rule watching one subject: turns verdicts and time into events of the life cycle.

Time only enters as `now_ns`. Whatever happens by time alone is announced by `next_timer`; the engine comes
back at exactly that instant, so that nothing depends on how often anybody looks.
"""

import math
from typing import TypeAlias

from monitor.alerts.life_cycle import ACTIVE, AlertEvent
from monitor.alerts.rule import Rule
from monitor.alerts.transition import AlertState, Priority
from monitor.alerts.verdict import Finding, Verdict
from protocols.units import NS_PER_S

# Without data for this long what had been gathered before says nothing about now (T1 has spoken by then).
EVIDENCE_KEPT_NS = 10 * NS_PER_S

# An instant, and the event that time brings then; None: the verdict must be asked for again.
Timer: TypeAlias = tuple[int, AlertEvent | None]


class Evidence:
    """How long and how far a condition has been met, before it is confirmed.

    Unknown stretches are left out: they neither count nor reset, until they last too long.
    """

    def __init__(self, verdict: Verdict, *, now_ns: int) -> None:
        self.first_ns = verdict.t_ns
        self.samples = 1
        self._since_ns = min(verdict.t_ns, now_ns)
        self._last_ns = self._since_ns
        self._deficit = verdict.deficit
        self._area = 0.0
        self.unknown_since_ns: int | None = None

    def add(self, verdict: Verdict) -> None:
        """The condition is met again, or still."""
        if self.unknown_since_ns is not None:
            resumed_ns = max(verdict.t_ns, self.unknown_since_ns)
            self._since_ns += resumed_ns - self.unknown_since_ns
            self._last_ns, self.unknown_since_ns = resumed_ns, None
            self.samples += 1
        elif verdict.t_ns > self._last_ns:
            self._area += self._deficit * (verdict.t_ns - self._last_ns) / NS_PER_S
            self._last_ns = verdict.t_ns
            self.samples += 1
        self._deficit = verdict.deficit

    def suspend(self, now_ns: int) -> None:
        """From now on nothing is known."""
        if self.unknown_since_ns is None:
            self._area += self._deficit * max(now_ns - self._last_ns, 0) / NS_PER_S
            self._last_ns = max(now_ns, self._last_ns)
            self.unknown_since_ns = now_ns

    def due_ns(self, *, confirm_s: float, min_samples: int, area_budget: float | None) -> int | None:
        """When it will be enough, if nothing changes; None while that cannot be said."""
        if self.unknown_since_ns is not None or self.samples < min_samples:
            return None
        due = self._since_ns + round(confirm_s * NS_PER_S)
        if area_budget is not None and self._deficit > 0:
            missing = max(area_budget - self._area, 0.0) / self._deficit
            due = min(due, self._last_ns + math.ceil(missing * NS_PER_S))
        return due


class Tracker:
    """The state of one alert condition.

    Attributes:
        state, alert_id, priority: of the current or last alert of this rule and subject.
        verdict: the newest that said something (never UNKNOWN); `offence` the newest that was MET.
        finding: the newest, UNKNOWN included.
        restored_message: what a session that was cut off said of it, until this one finds it met itself.
        evidence: while unconfirmed.
    """

    def __init__(self, rule: Rule, subject: str) -> None:
        self.rule = rule
        self.subject = subject
        self.state = AlertState.INACTIVE
        self.alert_id = ""
        self.priority = rule.priority
        self.verdict: Verdict | None = None
        self.offence: Verdict | None = None
        self.finding = Finding.UNKNOWN
        self.restored_message = ""
        self.evidence: Evidence | None = None
        self.first_offending_ns = 0
        self.clear_since_ns: int | None = None
        self.silent_since_ns = 0
        self.silenced_until_ns: int | None = None
        self.re_alert_at_ns: int | None = None
        self.review_at_ns: int | None = None

    def judge(self, verdict: Verdict, now_ns: int) -> AlertEvent | None:
        """Take a verdict in; the event it causes at once, if any (confirmation comes by its timer)."""
        previous, self.finding = self.verdict, verdict.finding
        review = verdict.review_at_ns
        # A review at or before now would be asked for ever.
        self.review_at_ns = review if review is not None and review > now_ns else None
        if verdict.finding is not Finding.UNKNOWN:
            self.verdict = verdict
        if verdict.finding is Finding.MET:
            self.offence = verdict
        if self.state in (AlertState.INACTIVE, AlertState.PENDING, AlertState.LATCHED):
            return self._gather(verdict, now_ns)
        return self._follow(verdict, previous)

    def _gather(self, verdict: Verdict, now_ns: int) -> AlertEvent | None:
        if verdict.finding is Finding.MET:
            if self.evidence is None:
                self.evidence = Evidence(verdict, now_ns=now_ns)
                return AlertEvent.MET
            self.evidence.add(verdict)
            return None
        if verdict.finding is Finding.UNKNOWN:
            if self.evidence is not None:
                self.evidence.suspend(now_ns)
            return None
        return self.drop_evidence()

    def drop_evidence(self) -> AlertEvent | None:
        """Forget what was gathered."""
        had, self.evidence = self.evidence, None
        return None if had is None else AlertEvent.LAPSED

    def _follow(self, verdict: Verdict, previous: Verdict | None) -> AlertEvent | None:
        if verdict.finding is Finding.CLEAR:
            if self.clear_since_ns is None:
                self.clear_since_ns = verdict.t_ns
            return None
        self.clear_since_ns = None
        if verdict.finding is not Finding.MET:
            return None
        if self.asked_priority.rank > self.priority.rank:
            return AlertEvent.RAISED
        new = previous is None or verdict.t_ns > previous.t_ns
        return AlertEvent.RENEWED if new and self.rule.renews else None

    @property
    def asked_priority(self) -> Priority:
        """The priority that the newest offence asks for."""
        asked = None if self.offence is None else self.offence.priority
        return asked or self.rule.priority

    @property
    def confirm_s(self) -> float:
        """The delay in force: the offence's own, or the rule's."""
        if self.offence is not None and self.offence.confirm_s is not None:
            return self.offence.confirm_s
        return self.rule.confirm_s

    @property
    def asked_delay_s(self) -> float:
        """The rule's delay and what its predicate waits itself: what a person is told."""
        return self.confirm_s + (self.offence.delay_s if self.offence is not None else 0.0)

    def timers(self) -> list[Timer]:
        """(instant, event) of everything that time alone will bring; None asks for a review."""
        found: list[Timer] = []
        if self.review_at_ns is not None:
            found.append((self.review_at_ns, None))
        evidence = self.evidence
        if evidence is not None:
            confirmed = evidence.due_ns(
                confirm_s=self.confirm_s,
                min_samples=self.rule.min_samples,
                area_budget=self.rule.area_budget,
            )
            if evidence.unknown_since_ns is not None:
                found.append((evidence.unknown_since_ns + EVIDENCE_KEPT_NS, AlertEvent.LAPSED))
            elif confirmed is not None:
                found.append((confirmed, AlertEvent.CONFIRMED))
        if self.clear_since_ns is not None and not self.rule.therapist_only:
            cleared = self.clear_since_ns + round(self.rule.clear_s * NS_PER_S)
            found.append((cleared, AlertEvent.CLEARED))
        if self.silenced_until_ns is not None:
            found.append((self.silenced_until_ns, AlertEvent.EXPIRED))
        if self.re_alert_at_ns is not None:
            found.append((self.re_alert_at_ns, AlertEvent.REPEATED))
        return found

    def next_timer(self) -> Timer | None:
        """The earliest of `timers`; at one instant what is true comes before what is said of it."""
        found = self.timers()
        return min(found, key=lambda timer: timer[0]) if found else None

    @property
    def active(self) -> bool:
        """In the therapist's list."""
        return self.state in ACTIVE

    def start_again(self) -> None:
        """The alert is resolved; the next one of this rule will be another."""
        self.state = AlertState.INACTIVE
        self.priority = self.rule.priority
        self.evidence = None
        self.clear_since_ns = self.silenced_until_ns = self.re_alert_at_ns = None
