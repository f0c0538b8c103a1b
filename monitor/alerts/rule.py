"""What a rule is made of. The rows are in `monitor.alerts.rules`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from monitor.alerts.change_topics import ChangeTopic
from monitor.alerts.context.situation import Situation
from monitor.alerts.transition import AlertKind, Priority
from monitor.alerts.verdict import Verdict
from monitor.exercise.phases import Phase
from monitor.sensors import SensorRole


class Latch(StrEnum):
    """Whether the alert stays until a person has seen it, though its condition has gone."""

    NEVER = "never"
    WHEN_HIGH = "when_high"
    ALWAYS = "always"


ALL_PHASES = frozenset(Phase) - {Phase.ENDED}
EFFORT = frozenset({Phase.EXERCISE, Phase.REST})
AT_REST = frozenset({Phase.BEFORE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row: what is watched, how long it must last, what is said, when it is over.

    Attributes:
        rule_id: the id of docs/alerts.md; `version` rises whenever the meaning of the row changes.
        condition: the fact in two or three words, for programs.
        topics: what can change the verdict; the predicate is asked only then, or when it asked for a review.
        predicate: `(situation, rule, subject, now_ns) -> Verdict`.
        phases: outside them the condition counts as cleared.
        confirm_s: how long the condition must last; `min_samples` how many samples must say so;
            `area_budget` a second way to confirm: the sum of deficit times seconds.
        clear_s: how long it must have gone; `clear_margin` how far inside the limit that is.
        inclusive: whether the limit itself already counts.
        re_alert_s: how often a person is called again; `renews`: with every new rating or reading.
        inhibited_by: the rule that takes this one over while its condition is present.
        roles: for rules that watch sensors: one alert for each device of these roles. Empty: the patient.
        therapist_only: nothing but a therapist's override closes it.
        can_be_high: its predicate may ask for high priority itself; pauses are bounded accordingly.
        blocks_start: exercise must not begin while it is active.
        blocks_progress: no higher load and no further exercise while it is present at medium or high.
        message: a format string over value, limit, unit, subject and detail.
    """

    rule_id: str
    version: int = 1
    condition: str
    kind: AlertKind
    priority: Priority
    topics: frozenset[ChangeTopic]
    predicate: "Predicate"
    phases: frozenset[Phase] = ALL_PHASES
    confirm_s: float = 0.0
    min_samples: int = 1
    area_budget: float | None = None
    clear_s: float = 0.0
    clear_margin: float = 0.0
    inclusive: bool = False
    latch: Latch = Latch.NEVER
    re_alert_s: float | None = None
    renews: bool = False
    inhibited_by: str | None = None
    roles: frozenset[SensorRole] = frozenset()
    therapist_only: bool = False
    can_be_high: bool = False
    blocks_start: bool = False
    blocks_progress: bool = True
    message: str
    advice: str

    @property
    def silence_bound(self) -> Priority:
        """The priority by which its silence is bounded: the highest it can have."""
        return Priority.HIGH if self.can_be_high else self.priority

    def latches(self, priority: Priority) -> bool:
        """Whether an alert of this rule and `priority` waits for a person after its condition has gone."""
        return self.latch is Latch.ALWAYS or (self.latch is Latch.WHEN_HIGH and priority is Priority.HIGH)


Predicate: TypeAlias = Callable[[Situation, Rule, str, int], Verdict]
