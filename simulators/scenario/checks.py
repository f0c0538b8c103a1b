"""What no single field of a scenario can know: names that refer to each other, instants, movements."""

from collections.abc import Iterator

from simulators.errors import MovementError, ScenarioProblem
from simulators.faults.kinds import FAULTS
from simulators.movement.exercises import find_exercise
from simulators.scenario.model import Role, Scenario
from simulators.scenario.timeline import CalibrationEntry, FaultEntry, MeasureEntry, RestlessEntry, SetEntry

# A movement that does not fit is at most this long before the set that it belongs to.
_READY_S = 2.0


# What somebody starts, and what tells one reading.
_MEASURED_WITH = frozenset({Role.CUFF, Role.THERMOMETER})


def cross_problems(scenario: Scenario) -> Iterator[ScenarioProblem]:
    """What no single field can know: names that refer to each other, instants after the end."""
    names = [device.name for device in scenario.devices]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ScenarioProblem(
                key=f"devices[{index}].name", expected=f"a second device is called {name!r}"
            )
    joint = find_exercise(scenario.motion.resting).joint
    for index, entry in enumerate(scenario.timeline):
        key = f"timeline[{index}]"
        if entry.at_s >= scenario.duration_s:
            yield ScenarioProblem(
                key=f"{key}.at_s",
                expected=f"{entry.at_s:g} s is not before the scenario's end at {scenario.duration_s:g} s",
            )
        device = getattr(entry, "device", None)
        if device is not None and device not in names:
            yield ScenarioProblem(
                key=f"{key}.device", expected=f"no device is called {device!r}, there are: {', '.join(names)}"
            )
        elif isinstance(entry, FaultEntry):
            yield from _fault_problems(scenario, key, entry)
        elif isinstance(entry, MeasureEntry) and scenario.device(entry.device).role not in _MEASURED_WITH:
            yield ScenarioProblem(
                key=f"{key}.device", expected=f"{entry.device!r} is not a cuff or thermometer"
            )
        elif isinstance(entry, SetEntry) and find_exercise(entry.exercise).joint is not joint:
            yield ScenarioProblem(
                key=f"{key}.exercise",
                expected=f"an exercise of the {joint}, where the sensors are; {entry.exercise!r} is not",
            )
    yield from _movement_problems(scenario)
    for index, alert in enumerate(scenario.expect.alerts):
        if alert.after_s >= scenario.duration_s:
            yield ScenarioProblem(
                key=f"expect.alerts[{index}].after_s", expected=f"before the end at {scenario.duration_s:g} s"
            )


def _movement_problems(scenario: Scenario) -> Iterator[ScenarioProblem]:
    """Nobody can do two things at once: find the first activity that does not fit in."""
    if any(
        find_exercise(one.exercise).joint is not find_exercise(scenario.motion.resting).joint
        for one in scenario.timeline
        if isinstance(one, SetEntry)
    ):
        return  # said already
    try:
        scenario.movement(scenario.activities)
    except MovementError as error:
        late = [
            index
            for index, entry in enumerate(scenario.timeline)
            if isinstance(entry, CalibrationEntry | SetEntry | RestlessEntry)
            and entry.at_s <= error.at_s + _READY_S
        ]
        index = max(late, key=lambda index: scenario.timeline[index].at_s)
        yield ScenarioProblem(key=f"timeline[{index}].at_s", expected=str(error))


def _fault_problems(scenario: Scenario, key: str, entry: FaultEntry) -> Iterator[ScenarioProblem]:
    kind = FAULTS[entry.fault]
    if kind.needs_device and entry.device is None:
        yield ScenarioProblem(key=f"{key}.device", expected=f"{entry.fault!r} happens to a device: name it")
    for name in entry.numbers:
        if name not in kind.numbers:
            yield ScenarioProblem(
                key=f"{key}.numbers.{name}",
                expected=f"{entry.fault!r} knows {', '.join(kind.numbers) or 'no numbers'}",
            )
    if entry.device is not None and kind.roles:
        role = scenario.device(entry.device).role
        if str(role) not in kind.roles:
            yield ScenarioProblem(
                key=f"{key}.device",
                expected=f"{entry.fault!r} happens to {', '.join(kind.roles)}; {entry.device!r} is {role}",
            )
