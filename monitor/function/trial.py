"""One trial of a function test: commands, samples and time in; marks, prompts and the result out.

Pure. The trial holds no clock: every call brings its instant, in order, and `next_due_ns` says when `tick`
would bring something. Its states are the table in `life_cycle`.
"""

from collections.abc import Callable, Mapping

from monitor.function.definition import Method, StopRule, TestDefinition
from monitor.function.life_cycle import OVER, TIMED, TrialEvent, TrialState, next_state
from monitor.function.methods.chair import ChairStands
from monitor.function.methods.gait import GaitWalk
from monitor.function.methods.laps import Laps
from monitor.function.methods.measure import Measure, measured
from monitor.function.methods.stance import Stance
from monitor.function.methods.steps import KneeLifts
from monitor.function.methods.timed_walk import TimedWalk
from monitor.function.methods.up_and_go import UpAndGo
from monitor.function.placement import Placement
from monitor.function.result import MeasuredValue, TrialMark, TrialOutput, TrialPrompt, TrialResult
from monitor.samples import Code, ImuBlock, Quality, Sample
from protocols.units import NS_PER_S

Conditions = Mapping[str, str | float]


class Trial:
    """One trial. Raises `FunctionTestError` for what cannot be done now, and then nothing has changed."""

    def __init__(
        self, definition: TestDefinition, *, worn: frozenset[Placement], conditions: Mapping[str, str | float]
    ) -> None:
        self.definition = definition
        self.placements = definition.placed(worn)
        self.conditions = definition.with_conditions(dict(conditions))
        self.state = TrialState.READY
        self._measure = _METHODS[definition.method](definition, self.conditions)
        self._begin_ns: int | None = None
        self._end_ns: int | None = None
        self._reason: str | None = None
        self._marks: list[TrialMark] = []
        self._prompts = list(definition.prompts)
        self._beyond: dict[int, int] = {}
        self._vitals: dict[Code, list[float]] = {Code.SPO2_PERCENT: [], Code.HEART_RATE_PER_MIN: []}

    def start(self, at_ns: int) -> list[TrialOutput]:
        """The assistant's key: the clock starts."""
        self.state = next_state(self.state, TrialEvent.START)
        self._begin_ns = at_ns
        self._measure.begin(at_ns)
        return self._marked([TrialMark(at_ns=at_ns, what="start")])

    def lap(self, at_ns: int) -> list[TrialOutput]:
        """The assistant's tap: a length is walked, a mark passed, a stance over."""
        if self.state not in TIMED:
            next_state(self.state, TrialEvent.GO_ON)  # refuses, with the state's name
        outputs = self._marked(self._measure.lap(at_ns))
        return outputs + self._completed(at_ns)

    def rest(self, at_ns: int, reason: str = "") -> list[TrialOutput]:
        """The person stands still; the clock runs on."""
        self.state = next_state(self.state, TrialEvent.REST)
        return self._marked([TrialMark(at_ns=at_ns, what=f"rest: {reason}" if reason else "rest")])

    def go_on(self, at_ns: int) -> list[TrialOutput]:
        """The person walks again."""
        self.state = next_state(self.state, TrialEvent.GO_ON)
        return self._marked([TrialMark(at_ns=at_ns, what="goes on")])

    def stop(self, at_ns: int, reason: str) -> list[TrialOutput]:
        """End it before its protocol does; what is measured so far is kept."""
        self.state = next_state(self.state, TrialEvent.STOP)
        self._end_ns, self._reason = at_ns, reason
        return [*self._marked([TrialMark(at_ns=at_ns, what=f"stopped: {reason}")]), self.result(at_ns)]

    def void(self, at_ns: int, reason: str) -> list[TrialOutput]:
        """It must not count."""
        self.state = next_state(self.state, TrialEvent.VOID)
        self._end_ns, self._reason = self._end_ns or at_ns, reason
        return [self.result(at_ns)]

    def partial_length(self, metres: float) -> None:
        """The rest of the last length of a walk by laps, entered when its time is over."""
        if isinstance(self._measure, Laps):
            self._measure.partial_m = metres

    def imu(self, placement: Placement, block: ImuBlock) -> list[TrialOutput]:
        """Samples of a sensor."""
        if self.state in OVER:
            return []
        outputs = self._marked(self._measure.imu(placement, block)) if placement in self.placements else []
        return outputs + self._completed(int(block.t_ns[-1]))

    def vital(self, sample: Sample) -> list[TrialOutput]:
        """A saturation or a heart rate, for nadir, peak and the stop rules; others are left."""
        if self.state not in TIMED or sample.value is None or sample.quality is not Quality.GOOD:
            return []
        if sample.code not in self._vitals:
            return []
        self._vitals[sample.code].append(sample.value)
        return self._ruled(sample, sample.value)

    @property
    def next_due_ns(self) -> int | None:
        """When `tick` would bring a prompt or the end."""
        if self._begin_ns is None or self.state not in TIMED:
            return None
        due_s = [prompt.at_s for prompt in self._prompts[:1]]
        if self.definition.duration_s is not None:
            due_s.append(self.definition.duration_s)
        return self._begin_ns + round(min(due_s) * NS_PER_S) if due_s else None

    def tick(self, at_ns: int) -> list[TrialOutput]:
        """Time has come to `at_ns`: prompts that are due, and the end."""
        outputs: list[TrialOutput] = []
        while (due_ns := self.next_due_ns) is not None and due_ns <= at_ns:
            if self._prompts and self._at_ns(self._prompts[0].at_s) == due_ns:
                outputs.append(TrialPrompt(at_ns=due_ns, text=self._prompts.pop(0).text))
            else:
                outputs += self._finish(due_ns)
        return outputs

    def result(self, at_ns: int) -> TrialResult:
        """The result as it stands."""
        end_ns = self._end_ns if self._end_ns is not None else at_ns
        values = self._measure.values(end_ns, finished=self.state is TrialState.FINISHED)
        return TrialResult(
            test=self.definition.name,
            protocol_version=self.definition.version,
            state=self.state,
            begin_ns=self._begin_ns,
            end_ns=end_ns,
            values=(*values, *self._of_vitals()),
            marks=tuple(self._marks),
            conditions=self.conditions,
            placements=tuple(sorted(self.placements)),
            reason=self._reason,
        )

    def _at_ns(self, after_s: float) -> int:
        return (self._begin_ns or 0) + round(after_s * NS_PER_S)

    def _marked(self, marks: list[TrialMark]) -> list[TrialOutput]:
        self._marks += marks
        return [*marks]

    def _completed(self, at_ns: int) -> list[TrialOutput]:
        complete_ns = self._measure.complete_ns
        if complete_ns is None or self.state not in TIMED:
            return []
        return self._finish(min(complete_ns, at_ns))

    def _finish(self, at_ns: int) -> list[TrialOutput]:
        self.state = next_state(self.state, TrialEvent.COMPLETE)
        self._end_ns = at_ns
        return [*self._marked([TrialMark(at_ns=at_ns, what="end")]), self.result(at_ns)]

    def _ruled(self, sample: Sample, value: float) -> list[TrialOutput]:
        outputs: list[TrialOutput] = []
        for number, rule in enumerate(self.definition.stop_rules):
            if rule.code != sample.code.value:
                continue
            if not _is_beyond(rule, value):
                self._beyond.pop(number, None)
                continue
            since_ns = self._beyond.setdefault(number, sample.t_ns)
            if sample.t_ns - since_ns >= rule.for_s * NS_PER_S and self.state is TrialState.RUNNING:
                outputs.append(TrialPrompt(at_ns=sample.t_ns, text=rule.says))
                outputs += self.rest(sample.t_ns, rule.says)
        return outputs

    def _of_vitals(self) -> tuple[MeasuredValue, ...]:
        spo2, heart = self._vitals[Code.SPO2_PERCENT], self._vitals[Code.HEART_RATE_PER_MIN]
        return (
            measured("spo2_nadir", min(spo2, default=None), "%", missing="no good saturation"),
            measured("heart_rate_peak", max(heart, default=None), "/min", missing="no good heart rate"),
        )


def _is_beyond(rule: StopRule, value: float) -> bool:
    return (rule.below is not None and value < rule.below) or (rule.above is not None and value > rule.above)


def _course_m(conditions: Conditions) -> float:
    return float(conditions["course_m"])


def _raised(definition: TestDefinition, conditions: Conditions) -> str | None:
    if definition.name != "single_leg_stance":
        return None
    return "right" if conditions["side"] == "left" else "left"


_METHODS: Mapping[Method, Callable[[TestDefinition, Conditions], Measure]] = {
    Method.LAPS: lambda _, said: Laps(course_m=_course_m(said)),
    Method.CHAIR: lambda test, said: ChairStands(target=test.target, arms_used=said["arms_used"] == "yes"),
    Method.UP_AND_GO: lambda _, __: UpAndGo(),
    Method.TIMED_WALK: lambda _, said: TimedWalk(course_m=_course_m(said)),
    Method.STANCE: lambda test, said: Stance(raised=_raised(test, said)),
    Method.STEPS: lambda _, __: KneeLifts(),
    Method.GAIT: lambda _, __: GaitWalk(),
}
