"""Alerts: each one's life from its transitions, and how its messages fared."""

from collections.abc import Mapping
from typing import Any

from monitor.alerts.life_cycle import ACTIVE
from monitor.record.facts import AlertFacts
from monitor.record.gather.people import People
from monitor.record.gather.times import SessionTime

# Their text holds what a person typed.
FREE_TEXT_RULES = frozenset({"G12"})
# While one of these is being reported, what another rule saw may be the signal's fault.
ARTEFACT_RULES = frozenset({"T2", "T3", "T7"})


class AlertLog:
    """Transitions and deliveries, by alert."""

    def __init__(self, time: SessionTime, people: People) -> None:
        self._time = time
        self._people = people
        self._lives: dict[str, list[dict[str, Any]]] = {}
        self._artefacts: set[str] = set()
        self._by_artefact: set[str] = set()
        self._confirmed_ms: dict[tuple[str, int], float | None] = {}
        self._confirmed: dict[str, bool] = {}

    def transition(self, record: dict[str, Any]) -> None:
        """One alert moved."""
        alert_id = record["alert_id"]
        life = self._lives.setdefault(alert_id, [])
        if not life and self._artefacts and record["kind"] == "physiological":
            self._by_artefact.add(alert_id)
        life.append(record)
        if record["rule_id"] in ARTEFACT_RULES:
            if record["to_state"] in ACTIVE:
                self._artefacts.add(alert_id)
            else:
                self._artefacts.discard(alert_id)

    def delivery(self, record: Mapping[str, Any]) -> None:
        """How one message fared."""
        message_id = str(record.get("message_id"))
        confirmed_ms = record.get("confirmed_ms")
        self._confirmed[message_id] = self._confirmed.get(message_id, False) or confirmed_ms is not None
        if confirmed_ms is not None:
            key = (str(record.get("alert_id")), int(record["seq"]))
            self._confirmed_ms.setdefault(key, float(confirmed_ms))

    @property
    def messages(self) -> int:
        """How many messages were on their way."""
        return len(self._confirmed)

    @property
    def unconfirmed(self) -> int:
        """How many of them nobody confirmed before the recording ended."""
        return sum(not confirmed for confirmed in self._confirmed.values())

    def facts(self) -> tuple[AlertFacts, ...]:
        """Every alert that was raised, in that order."""
        return tuple(self._alert(alert_id, life) for alert_id, life in self._lives.items())

    def _alert(self, alert_id: str, life: list[dict[str, Any]]) -> AlertFacts:
        first, last = life[0], life[-1]
        firings = [
            one
            for before, one in zip([None, *life], life, strict=False)
            if one["to_state"] == "firing" and (before is None or before["priority"] != one["priority"])
        ]
        by_person = next(
            (
                one
                for one in life
                if one["actor"] is not None and one["to_state"] in {"acknowledged", "resolved"}
            ),
            None,
        )
        resolved = last["to_state"] == "resolved"
        confirmed_ms = self._confirmed_ms.get((alert_id, first["seq"]))
        priorities = ("low", "medium", "high")
        return AlertFacts(
            fact_id=alert_id,
            rule=first["rule_id"],
            condition=first["condition"],
            kind=first["kind"],
            priority=max((one["priority"] for one in life), key=priorities.index),
            text=first["message"],
            text_is_free=first["rule_id"] in FREE_TEXT_RULES,
            phase=first["phase"],
            offending_s=self._time.s(first["first_offending_ns"]),
            fired_s=self._time.s(first["at_ns"]),
            value=_rounded(first["value"]),
            unit=first["unit"],
            limit=_rounded(first["limit"]),
            sources=tuple(first["sources"]),
            firings=len(firings),
            confirmed_after_ms=_rounded(confirmed_ms),
            acknowledged_s=None if by_person is None else self._time.s(by_person["at_ns"]),
            acknowledged_by=None if by_person is None else self._people.code(by_person["actor"]),
            resolved_s=self._time.s(last["at_ns"]) if resolved else None,
            state=last["to_state"],
            overridden=by_person is not None and by_person["to_state"] == "resolved",
            by_artefact=alert_id in self._by_artefact,
            verdict=next((str(one["verdict"]) for one in life if one.get("verdict")), None),
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)
