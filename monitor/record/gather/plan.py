"""What the header says of the session: who, where, what was prescribed, which limits held."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError

from monitor import canonical_json
from monitor.errors import RunFailedError
from monitor.plan.errors import PlanError
from monitor.plan.limits import LIMIT_SPECS
from monitor.plan.plan import Plan
from monitor.record.facts import ExerciseFacts, LimitFacts, SetFacts
from monitor.record.gather.people import People
from monitor.recording.header import Header


class PlannedSession:
    """A recording's plan and station.

    Raises:
        RunFailedError: the recorded plan is none that this version understands.
    """

    def __init__(self, header: Header) -> None:
        station = cast("Mapping[str, Any]", header.station)
        place = station.get("station") or {}
        self.clinic = str(place.get("clinic", "unknown"))
        self.station = str(place.get("station", "unknown"))
        self.devices: tuple[Mapping[str, Any], ...] = tuple(station.get("devices") or ())
        roles = {person["name"]: person["role"] for person in station.get("people") or ()}
        self.people = People(self.clinic, roles)
        try:
            plan = Plan.model_validate(header.plan)
        except (ValidationError, PlanError) as exc:
            problem = str(exc).splitlines()[0]
            raise RunFailedError(
                f"session {header.session_id}: its recorded plan cannot be read ({problem}); "
                "make the record with the kinewatch that recorded it"
            ) from exc
        self._plan = plan
        self.patient_id = plan.patient_id
        self.pack = plan.pack.value
        self.version = hashlib.sha256(canonical_json.encode(header.plan).encode()).hexdigest()[:16]
        loosened = {entry.limit for entry in plan.loosened}
        self.limits = tuple(
            LimitFacts(
                name=name,
                unit=LIMIT_SPECS[name].unit,
                value=round(float(value), 1),
                loosened_from_pack=name in loosened,
            )
            for name, value in sorted(plan.effective_limits.as_dict().items())
            if value is not None
        )

    def load_of(self, exercise: str) -> float | None:
        """The plan's load of an exercise."""
        found = next((entry for entry in self._plan.exercises if entry.name == exercise), None)
        return None if found is None or found.workload is None else float(found.workload)

    def exercises(self, sets: Sequence[SetFacts]) -> tuple[ExerciseFacts, ...]:
        """The prescription with what was done of it."""
        found = []
        for entry in self._plan.exercises:
            done = [one for one in sets if one.exercise == entry.name]
            tempo = (float(entry.tempo.lift_s), float(entry.tempo.hold_s), float(entry.tempo.lower_s))
            band = entry.range_of_motion_deg
            found.append(
                ExerciseFacts(
                    name=entry.name,
                    joint=entry.joint.value,
                    side=entry.side.value,
                    load=self.load_of(entry.name),
                    load_unit=None,
                    sets_prescribed=entry.sets,
                    repetitions_prescribed=entry.sets * entry.repetitions,
                    sets_done=len(done),
                    repetitions_done=sum(one.repetitions for one in done),
                    rest_angle_deg=float(entry.rest_angle_deg),
                    target_angle_deg=float(entry.target_angle_deg),
                    range_goal_deg=None if band is None else (float(band[0]), float(band[1])),
                    tempo_goal_s=tempo if any(tempo) else None,
                    active_s=round(sum(one.to_s - one.from_s for one in done), 1),
                    elapsed_s=round(done[-1].to_s - done[0].from_s, 1) if done else 0.0,
                )
            )
        return tuple(found)
