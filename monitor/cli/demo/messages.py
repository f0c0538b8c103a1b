"""What happens in a session, a line each, in words for the person beside the patient. Pure functions."""

from collections.abc import Mapping

from monitor.alerts.transition import AlertState, Priority, Transition
from monitor.outputs import (
    CalibrationReported,
    CommandReply,
    DeviceStatus,
    FunctionTestEnded,
    FunctionTestEvent,
    Output,
    PhaseChanged,
    ReadingFiled,
    RepetitionCounted,
    SetEnded,
)
from monitor.samples import Code

# IEC 60601-1-8 marks priority beside colour, so that it is readable without colour.
PRIORITY_MARKS = {Priority.HIGH: "!!!", Priority.MEDIUM: "!!", Priority.LOW: "!"}

VITAL_NAMES = {
    Code.SPO2_PERCENT: "SpO2",
    Code.PULSE_RATE_PER_MIN: "pulse",
    Code.HEART_RATE_PER_MIN: "heart rate",
    Code.SYSTOLIC_MMHG: "systolic",
    Code.DIASTOLIC_MMHG: "diastolic",
    Code.BODY_TEMPERATURE_CEL: "temperature",
    Code.SPEED_KM_H: "speed",
    Code.INCLINE_PERCENT: "incline",
    Code.CADENCE_PER_MIN: "cadence",
    Code.POWER_W: "power",
    Code.DISTANCE_M: "distance",
    Code.RESISTANCE_LEVEL: "resistance",
}

_STATE_WORDS = {
    AlertState.FIRING: "fires",
    AlertState.ACKNOWLEDGED: "acknowledged",
    AlertState.PAUSED: "paused",
    AlertState.LATCHED: "over, waits for acknowledgement",
    AlertState.RESOLVED: "cleared",
}


def clock_text(at_ns: int, start_ns: int) -> str:
    """Minutes and seconds since the session's start: `03:07`."""
    seconds = max(0, (at_ns - start_ns) // 1_000_000_000)
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


def narrate(output: Output) -> str | None:  # noqa: PLR0911 - one return for each kind of output
    """One line for what a person wants to know at once; None for what only the displays need."""
    match output:
        case Transition():
            return _transition_line(output)
        case PhaseChanged():
            return f"phase: {output.to_phase} ({output.reason.replace('_', ' ')})"
        case RepetitionCounted():
            remarks = f" ({', '.join(output.flags).replace('_', ' ')})" if output.flags else ""
            error = "" if output.range_error_deg is None else f" +-{output.range_error_deg:.0f}"
            tempo = "" if output.tempo_s is None else f", {'-'.join(f'{s:.1f}' for s in output.tempo_s)} s"
            return (
                f"set {output.set_number}, repetition {output.repetition} of {output.repetition_target}: "
                f"{output.range_of_motion_deg:.0f} deg{error}{tempo}{remarks}"
            )
        case SetEnded():
            motion = "" if output.range_of_motion_deg is None else f", {output.range_of_motion_deg:.0f} deg"
            done = f"{output.repetitions} of {output.repetition_target} repetitions"
            unseen = f", not seen for {output.unseen_s:.0f} s" if output.unseen_s else ""
            percent = output.symmetry_percent
            sides = (
                "" if percent is None or not output.symmetry_detectable else f", left-right {percent:+.0f} %"
            )
            return f"set {output.set_number} of {output.set_target} over: {done}{motion}{unseen}{sides}"
        case CalibrationReported():
            return f"calibration of the {output.joint}: {output.message}"
        case DeviceStatus():
            reason = f" ({output.reason})" if output.reason else ""
            return f"{output.device}: {output.link or 'not seen yet'}{reason}"
        case ReadingFiled() if output.reason != "repeated":
            return _filed_line(output)
        case CommandReply() if not output.accepted:
            return f"{output.verb} by {output.actor} refused: {output.reason}"
        case CommandReply(verb="limit"):
            return limit_words(output.details)
        case CommandReply(verb="note"):
            return f"note by {output.actor}: {output.details.get('text', '')}"
        case CommandReply(verb="posture"):
            return f"posture: {output.details.get('posture', '')}"
        case _:
            return _of_a_function_test(output)


def _of_a_function_test(output: Output) -> str | None:
    match output:
        case FunctionTestEvent():
            return function_test_words(output)
        case FunctionTestEnded():
            return result_words(output)
        case _:
            return None


def function_test_words(event: FunctionTestEvent) -> str:
    """What to say or do now, or what was seen."""
    number = "" if event.number is None else f" {event.number}"
    mark = "say: " if event.what == "prompt" else ""
    return f"{event.test.replace('_', ' ')}: {mark}{event.text}{number}"


def result_words(ended: FunctionTestEnded) -> str:
    """The figures of a trial that there are, with unit and error."""
    figures = []
    for value in ended.values:
        if value.value is not None:
            unit = "" if value.unit == "1" else f" {value.unit}"
            error = "" if value.error is None else f" +-{value.error:.2g}"
            figures.append(f"{value.name.replace('_', ' ')} {value.value:.4g}{error}{unit}")
    about = ended.state if ended.reason is None else f"{ended.state} ({ended.reason})"
    return f"{ended.test.replace('_', ' ')} {about}: {', '.join(figures) or 'nothing measured'}"


def limit_words(details: Mapping[str, object]) -> str:
    """What became of a limit: proposed, to be taken with a second key, or in force."""
    old, new = (
        f"{value:g}" if isinstance(value, int | float) else "none"
        for value in (details.get("old"), details.get("new"))
    )
    change = f"limit {details.get('limit')}: {old} -> {new}"
    if details.get("in_force"):
        return f"{change}, in force"
    within = details.get("confirm_within_s")
    return f"{change}; y takes it, within {within:g} s" if isinstance(within, int | float) else change


def _filed_line(reading: ReadingFiled) -> str:
    if reading.reason == "other_user":
        return f"{reading.device}: a reading of another user of this cuff, left out"
    if reading.systolic_mmhg is None or reading.diastolic_mmhg is None:
        return f"{reading.device}: a failed reading out of its memory, filed"
    taken = "without a date" if reading.taken is None else f"dated {reading.taken}"
    values = f"{reading.systolic_mmhg:g}/{reading.diastolic_mmhg:g} mmHg"
    return f"{reading.device}: {values} {taken}, out of its memory: filed, not used"


def _transition_line(transition: Transition) -> str | None:
    word = _STATE_WORDS.get(transition.to_state)
    if word is None:
        return None
    mark = PRIORITY_MARKS[transition.priority]
    by = f" by {transition.actor}" if transition.actor else ""
    advice = (
        f" - {transition.advice}" if transition.to_state is AlertState.FIRING and transition.advice else ""
    )
    return f"{mark} {transition.message} [{transition.alert_id}]: {word}{by}{advice}"
