"""What people did and said: replies to their commands. Only what was carried out counts."""

from typing import Any

from monitor.inputs import Command
from monitor.plan.limits import LIMIT_SPECS
from monitor.record.facts import LimitChangeFacts, NoteFacts, PersonFacts, RatingFacts
from monitor.record.gather.people import People
from monitor.record.gather.phases import PhaseLog
from monitor.record.gather.times import SessionTime

# Verbs whose details hold something that somebody said, and under which name.
NOTE_VERBS = {"symptom": "symptom", "note": "text", "begin": "reason", "override": "reason"}


class CommandLog:
    """The replies that accepted a command, each command once."""

    def __init__(self, time: SessionTime, phases: PhaseLog, people: People) -> None:
        self._time = time
        self._phases = phases
        self._people = people
        self._replies: dict[str, dict[str, Any]] = {}
        self._postures: list[tuple[int, str]] = []

    def command(self, command: Command) -> None:
        """A command came in: it says its sender's role."""
        self._people.note_role(command.actor, command.role)

    def reply(self, record: dict[str, Any]) -> None:
        """A command was answered."""
        if not record["accepted"] or record["command_id"] in self._replies:
            return
        self._replies[record["command_id"]] = record
        if record["verb"] == "posture":
            self._postures.append((record["at_ns"], str(record["details"].get("posture"))))

    def posture_at(self, at_ns: int) -> str | None:
        """What somebody last said of the patient's posture."""
        return next((posture for since_ns, posture in reversed(self._postures) if since_ns <= at_ns), None)

    def _accepted(self, *verbs: str) -> list[dict[str, Any]]:
        return [record for record in self._replies.values() if record["verb"] in verbs]

    def ratings(self) -> tuple[RatingFacts, ...]:
        """Exertion, dyspnoea, pain."""
        return tuple(
            RatingFacts(
                fact_id=f"rating-{number}",
                t_s=self._time.s(record["at_ns"]),
                phase=self._phases.phase_at(record["at_ns"]),
                scale=str(record["details"]["scale"]),
                value=float(record["details"]["value"]),
                by=self._people.code(record["actor"]),
                site=record["details"].get("site"),
            )
            for number, record in enumerate(self._accepted("rating"), start=1)
        )

    def notes(self) -> tuple[NoteFacts, ...]:
        """Symptoms, notes, and the reasons for beginning without a measurement or overriding an alert."""
        said = [
            record
            for record in self._accepted(*NOTE_VERBS)
            if record["details"].get(NOTE_VERBS[record["verb"]])
        ]
        return tuple(
            NoteFacts(
                fact_id=f"note-{number}",
                t_s=self._time.s(record["at_ns"]),
                phase=self._phases.phase_at(record["at_ns"]),
                kind=record["verb"],
                text=str(record["details"][NOTE_VERBS[record["verb"]]]),
                by=self._people.code(record["actor"]),
            )
            for number, record in enumerate(said, start=1)
        )

    def limit_changes(self) -> tuple[LimitChangeFacts, ...]:
        """Limits that were changed and came into force."""
        changes = [record for record in self._accepted("limit") if record["details"].get("in_force")]
        return tuple(
            LimitChangeFacts(
                fact_id=f"limit-{number}",
                t_s=self._time.s(record["at_ns"]),
                name=str(record["details"]["limit"]),
                unit=LIMIT_SPECS[record["details"]["limit"]].unit,
                old=None if record["details"]["old"] is None else float(record["details"]["old"]),
                new=float(record["details"]["new"]),
                by=self._people.code(record["actor"]),
            )
            for number, record in enumerate(changes, start=1)
        )

    def people(self) -> tuple[PersonFacts, ...]:
        """Who had commands carried out, by role and code."""
        acts: dict[str, int] = {}
        for record in self._replies.values():
            acts[record["actor"]] = acts.get(record["actor"], 0) + 1
        people = [
            PersonFacts(code=self._people.code(login), role=self._people.role(login), acts=count)
            for login, count in acts.items()
        ]
        return tuple(sorted(people, key=lambda person: person.code))
