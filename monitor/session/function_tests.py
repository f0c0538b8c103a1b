"""Function tests in a session: one trial at a time, from commands, sensors and time.

The verb is `test`; its `action` is one of `Action`. `prepare` names test and conditions and is refused
with what is missing; `start` begins the clock; the rest acts on the trial. A trial that is over stays the
present one until the next `prepare`: the rest of the last length can be entered, the trial declared void.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from monitor.function.definition import definition
from monitor.function.errors import FunctionTestError
from monitor.function.life_cycle import OVER, TrialState
from monitor.function.placement import Placement
from monitor.function.result import TrialMark, TrialOutput, TrialPrompt, TrialResult
from monitor.function.trial import Trial
from monitor.inputs import Command
from monitor.outputs import FunctionTestEnded, FunctionTestEvent, Output
from monitor.samples import ImuBlock, Sample
from monitor.sensors import SensorConfig, SensorRole
from monitor.session.arguments import RefusedError, number, optional_text, required_text

Scalar = str | float | int | bool | None
Details = Mapping[str, Scalar]

_BY_ROLE: Mapping[SensorRole, Placement] = {
    SensorRole.IMU_FOOT_LEFT: Placement.FOOT_LEFT,
    SensorRole.IMU_FOOT_RIGHT: Placement.FOOT_RIGHT,
    SensorRole.IMU_SHANK_LEFT: Placement.SHANK_LEFT,
    SensorRole.IMU_SHANK_RIGHT: Placement.SHANK_RIGHT,
    SensorRole.IMU_THIGH_LEFT: Placement.THIGH_LEFT,
    SensorRole.IMU_THIGH_RIGHT: Placement.THIGH_RIGHT,
    SensorRole.IMU_LUMBAR: Placement.LUMBAR,
}
# No arguments of a test, but of the command that carries it.
_OWN_ARGUMENTS = frozenset({"action", "name", "reason", "metres"})


class Action(StrEnum):
    """What can be asked of a trial."""

    PREPARE = "prepare"
    START = "start"
    LAP = "lap"
    REST = "rest"
    GO_ON = "go_on"
    PARTIAL = "partial"
    STOP = "stop"
    VOID = "void"


def placement_of(sensor: SensorConfig) -> Placement | None:
    """Where a sensor is worn: by its role, or by the option `placement` of a joint's sensor."""
    by_role = _BY_ROLE.get(sensor.role)
    if by_role is not None:
        return by_role
    option = sensor.options.get("placement")
    return Placement(option) if isinstance(option, str) and option in set(Placement) else None


class FunctionTests:
    """The session's function tests."""

    def __init__(self, sensors: Sequence[SensorConfig]) -> None:
        placed = {sensor.device: placement_of(sensor) for sensor in sensors}
        self._placements = {device: where for device, where in placed.items() if where is not None}
        self._trial: Trial | None = None

    @property
    def running(self) -> Trial | None:
        """The trial that is prepared or goes on; None when there is none or it is over."""
        trial = self._trial
        return trial if trial is not None and trial.state not in OVER else None

    @property
    def next_due_ns(self) -> int | None:
        """When time alone brings a prompt or the end of a trial."""
        trial = self.running
        return trial.next_due_ns if trial is not None else None

    def pass_time(self, now_ns: int) -> list[Output]:
        """Time has come to `now_ns`."""
        trial = self.running
        return self._said(trial.tick(now_ns)) if trial is not None else []

    def imu(self, block: ImuBlock) -> list[Output]:
        """Samples of a motion sensor; of one that no test knows, nothing comes."""
        trial, placement = self.running, self._placements.get(block.device)
        if trial is None or placement is None:
            return []
        return self._said(trial.imu(placement, block))

    def vital(self, sample: Sample) -> list[Output]:
        """A judged sample of a vital sign."""
        trial = self.running
        return self._said(trial.vital(sample)) if trial is not None else []

    def carry_out(self, command: Command, now_ns: int) -> tuple[Details, list[Output]]:
        """One command with the verb `test`; raises `RefusedError`, and then nothing has changed."""
        try:
            action = Action(required_text(command, "action"))
        except ValueError:
            raise RefusedError(f"action: expected one of {', '.join(Action)}") from None
        try:
            return self._act(action, command, now_ns)
        except FunctionTestError as refusal:
            raise RefusedError(str(refusal)) from refusal

    def _act(self, action: Action, command: Command, now_ns: int) -> tuple[Details, list[Output]]:
        if action is Action.PREPARE:
            return self._prepare(command, now_ns)
        trial = self._trial
        if trial is None:
            raise RefusedError("no test is prepared: test prepare NAME first")
        reason = optional_text(command, "reason") or ""
        if action in {Action.STOP, Action.VOID} and not reason.strip():
            raise RefusedError(f"reason: is missing; {action} needs one")
        if action is Action.PARTIAL:
            trial.partial_length(number(command, "metres"))
            outputs: list[TrialOutput] = [trial.result(now_ns)] if trial.state in OVER else []
        else:
            done: Mapping[Action, Callable[[], list[TrialOutput]]] = {
                Action.START: lambda: trial.start(now_ns),
                Action.LAP: lambda: trial.lap(now_ns),
                Action.REST: lambda: trial.rest(now_ns, reason),
                Action.GO_ON: lambda: trial.go_on(now_ns),
                Action.STOP: lambda: trial.stop(now_ns, reason),
                Action.VOID: lambda: trial.void(now_ns, reason),
            }
            outputs = done[action]()
        details = {"action": action.value, "test": trial.definition.name, "state": trial.state.value}
        return details | ({"reason": reason} if reason else {}), self._said(outputs)

    def _prepare(self, command: Command, now_ns: int) -> tuple[Details, list[Output]]:
        running = self.running
        if running is not None and running.state is not TrialState.READY:
            raise RefusedError(f"{running.definition.title} goes on: stop it first")
        test = definition(required_text(command, "name"))
        conditions = {
            key: value
            for key, value in command.arguments.items()
            if key not in _OWN_ARGUMENTS
            and isinstance(value, str | int | float)
            and not isinstance(value, bool)
        }
        self._trial = Trial(test, worn=frozenset(self._placements.values()), conditions=conditions)
        worn = ", ".join(sorted(self._trial.placements)) or "none: by taps"
        said = [
            FunctionTestEvent(at_ns=now_ns, test=test.name, what="prepare", number=None, text=text)
            for text in test.prepare
        ]
        return {"action": "prepare", "test": test.name, "title": test.title, "sensors": worn}, [*said]

    def _said(self, outputs: Sequence[TrialOutput]) -> list[Output]:
        name = self._trial.definition.name if self._trial is not None else ""
        return [_as_output(name, output) for output in outputs]


def _as_output(test: str, output: TrialOutput) -> Output:
    match output:
        case TrialMark():
            return FunctionTestEvent(
                at_ns=output.at_ns, test=test, what="mark", number=output.number, text=output.what
            )
        case TrialPrompt():
            return FunctionTestEvent(
                at_ns=output.at_ns, test=test, what="prompt", number=None, text=output.text
            )
        case TrialResult():
            return FunctionTestEnded(
                at_ns=output.end_ns,
                test=test,
                protocol_version=output.protocol_version,
                state=output.state.value,
                begin_ns=output.begin_ns,
                values=output.values,
                conditions=output.conditions,
                placements=output.placements,
                reason=output.reason,
            )
