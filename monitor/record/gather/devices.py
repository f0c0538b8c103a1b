"""Sensors: health and calibration."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.record.facts import CalibrationFacts, DeviceFacts, NotRecorded
from monitor.record.gather.times import SessionTime

IMU_ROLES = frozenset({"imu_proximal", "imu_distal"})
FIRMWARE = NotRecorded(reason="the recording holds no firmware version of this sensor")
EPISODIC = NotRecorded(reason="it sends readings, no stream")
NO_CURVE = NotRecorded(reason="the session shows no curve of this sensor")
READY = "ready"


class DeviceLog:
    """The last word on every sensor."""

    def __init__(self, time: SessionTime, settings: Sequence[Mapping[str, Any]]) -> None:
        self._time = time
        self._settings = settings
        self._last: dict[str, dict[str, Any]] = {}
        self._calibrations: list[CalibrationFacts] = []

    def status(self, record: dict[str, Any]) -> None:
        """A sensor's health."""
        self._last[record["device"]] = record

    def calibration(self, record: dict[str, Any]) -> None:
        """How a calibration stands; a finished one is a fact."""
        if record["state"] == READY:
            self._calibrations.append(
                CalibrationFacts(
                    fact_id=f"calibration-{len(self._calibrations) + 1}",
                    t_s=self._time.s(record["at_ns"]),
                    joint=record["joint"],
                    axis_error_deg=_axis_error(record),
                )
            )

    def calibrations(self) -> tuple[CalibrationFacts, ...]:
        """Every finished calibration."""
        return tuple(self._calibrations)

    def facts(
        self, seconds_seen: Mapping[str, int], angle_seconds: int, duration_s: float
    ) -> tuple[DeviceFacts, ...]:
        """Every sensor of the station's settings."""
        facts = []
        for setting in self._settings:
            name, role = str(setting["device"]), str(setting["role"])
            last = self._last.get(name, {})
            seconds = angle_seconds if role in IMU_ROLES else seconds_seen.get(name, 0)
            share = min(100.0, round(100.0 * seconds / duration_s, 1)) if duration_s else 0.0
            battery = last.get("battery_percent")
            facts.append(
                DeviceFacts(
                    device=name,
                    family=str(setting["family"]),
                    role=role,
                    arm=setting.get("arm"),
                    firmware=str(last["firmware"]) if last.get("firmware") else FIRMWARE,
                    battery_percent=None if battery is None else round(float(battery), 0),
                    reconnects=int(last.get("reconnects") or 0),
                    decode_failures=int(last.get("decode_failures") or 0),
                    completeness_percent=_completeness(role, share),
                )
            )
        return tuple(facts)


def _completeness(role: str, share: float) -> float | NotRecorded:
    if role in {"cuff", "thermometer"}:
        return EPISODIC
    # Sensors of a walk are judged by the walk's own measures.
    return NO_CURVE if role.startswith("imu_") and role not in IMU_ROLES else share


def _axis_error(record: dict[str, Any]) -> float | None:
    quality = record.get("quality")
    return None if quality is None else round(float(quality), 2)
