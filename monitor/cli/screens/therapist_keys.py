"""What the therapist's keys ask of the stations. An alert is named by the number beside it.

1-9 acknowledge   v 1 then 1-3 acknowledge with a verdict   p 1 pause its rule for a minute, P 1 resume
o 1 close an alert that only a therapist may close, with a reason   l a limit, then y   ? these keys
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.cli.screens.asked import (
    LIMIT_QUESTION,
    PAUSE_FOR_S,
    VERDICT_KEYS,
    VERDICT_QUESTION,
    Notice,
    Request,
    limit_asked,
)
from monitor.cli.screens.text_entry import ESCAPE, TextEntry
from monitor.delivery.receiver.state import SessionKey
from protocols.units import NS_PER_S

KEY_HELP_ITEMS = (
    "1-9 acknowledge",
    "v verdict",
    "o close with a reason",
    "p pause (P resume)",
    "l limit",
    "Ctrl-C leave",
)
KEY_HELP = "keys: " + ", ".join(KEY_HELP_ITEMS)

REST_OF_KEYS_WITHIN_S = 10.0
CONFIRM_WITHIN_S = 60.0

_FIRST: Mapping[str, str] = {
    "v": "a verdict on which alert? its number",
    "o": "close which alert? its number",
    "p": "pause the rule of which alert, for a minute? its number",
    "P": "resume the rule of which alert? its number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedAlert:
    """What stands beside a number."""

    session: SessionKey
    alert_id: str
    rule_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command for one station's session, as the wire names it."""

    session: SessionKey
    verb: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class TherapistKeys:
    """Keys in, commands for stations out. Time is an argument; an unknown key does nothing."""

    _first: tuple[str, int] | None = None
    _judged: tuple[NumberedAlert, int] | None = None
    _entry: TextEntry | None = None
    _entered: Callable[[str], Order | Notice] | None = None
    _proposal: tuple[SessionKey, str, int] | None = None

    @property
    def prompt(self) -> str:
        """What is being typed, for the screen; "" while keys are single ones."""
        return self._entry.prompt if self._entry is not None else ""

    def proposed(self, session: SessionKey, cmd_id: str, *, now_ns: int) -> None:
        """A station has a changed limit that waits for `y`."""
        self._proposal = session, cmd_id, now_ns

    def press(  # noqa: PLR0911 - one return for each kind of key
        self,
        key: str,
        *,
        now_ns: int,
        alerts: Mapping[str, NumberedAlert],
        sessions: Sequence[SessionKey],
    ) -> Order | Notice | None:
        """One key. `alerts` by the number beside them, `sessions` those that run now."""
        if self._entry is not None:
            return self._type(key)
        first, self._first = self._first, None
        judged, self._judged = self._judged, None
        if judged is not None and _is_open(judged[1], now_ns) and key in VERDICT_KEYS:
            return _acknowledge(judged[0], verdict=VERDICT_KEYS[key])
        if key.isdecimal() and key.isascii():
            return self._number(key, alerts.get(key), first, now_ns)
        if key in _FIRST:
            self._first = key, now_ns
            return Notice(sentence=_FIRST[key])
        if key == "l":
            return self._limit(sessions)
        if key == "y":
            return self._confirm(now_ns)
        return Notice(sentence=KEY_HELP) if key == "?" else None

    def _number(
        self, key: str, alert: NumberedAlert | None, first: tuple[str, int] | None, now_ns: int
    ) -> Order | Notice:
        if alert is None:
            return Notice(sentence=f"no alert has the number {key}")
        if first is not None and _is_open(first[1], now_ns):
            return self._second(first[0], alert, now_ns)
        return _acknowledge(alert)

    def _second(self, first: str, alert: NumberedAlert, now_ns: int) -> Order | Notice:
        match first:
            case "p":
                fields: dict[str, object] = {"rule_id": alert.rule_id, "for_s": PAUSE_FOR_S}
                return Order(session=alert.session, verb="pause", fields=fields)
            case "P":
                return Order(session=alert.session, verb="resume", fields={"rule_id": alert.rule_id})
            case "v":
                self._judged = alert, now_ns
                return Notice(sentence=f"{alert.alert_id}: {VERDICT_QUESTION}")
        return self._ask(f"why {alert.alert_id} of {alert.session.station} is closed", _closes(alert))

    def _limit(self, sessions: Sequence[SessionKey]) -> Notice:
        if not sessions:
            return Notice(sentence="no session runs whose limit could be changed")
        if len(sessions) == 1:
            return self._ask(f"{sessions[0].station}, {LIMIT_QUESTION}", _limits(sessions))
        names = ", ".join(one.station for one in sessions)
        return self._ask(f"STATION ({names}), {LIMIT_QUESTION}", _limits(sessions))

    def _ask(self, question: str, entered: Callable[[str], Order | Notice]) -> Notice:
        self._entry, self._entered = TextEntry(question), entered
        return Notice(sentence=f"{question}? Enter ends it, Esc gives up")

    def _type(self, key: str) -> Order | Notice | None:
        entry, entered = self._entry, self._entered
        if key == ESCAPE or entry is None or entered is None:
            self._entry = None
            return Notice(sentence="nothing was asked for")
        text = entry.press(key)
        if text is None:
            return None
        self._entry = None
        return entered(text)

    def _confirm(self, now_ns: int) -> Order | Notice:
        proposal, self._proposal = self._proposal, None
        if proposal is None or now_ns - proposal[2] > CONFIRM_WITHIN_S * NS_PER_S:
            return Notice(sentence="no changed limit waits to be confirmed")
        return Order(session=proposal[0], verb="limit", fields={"confirm": proposal[1]})


def _is_open(since_ns: int, now_ns: int) -> bool:
    return now_ns - since_ns <= REST_OF_KEYS_WITHIN_S * NS_PER_S


def _acknowledge(alert: NumberedAlert, *, verdict: str | None = None) -> Order:
    fields: dict[str, object] = {"alert_id": alert.alert_id}
    if verdict is not None:
        fields["verdict"] = verdict
    return Order(session=alert.session, verb="ack", fields=fields)


def _closes(alert: NumberedAlert) -> Callable[[str], Order | Notice]:
    def entered(reason: str) -> Order | Notice:
        if not reason:
            return Notice(sentence="to close an alert needs a reason")
        fields: dict[str, object] = {"alert_id": alert.alert_id, "reason": reason}
        return Order(session=alert.session, verb="override", fields=fields)

    return entered


def _limits(sessions: Sequence[SessionKey]) -> Callable[[str], Order | Notice]:
    def entered(text: str) -> Order | Notice:
        session = sessions[0]
        if len(sessions) > 1:
            station, _, text = text.partition(" ")
            named = [one for one in sessions if one.station == station]
            if not named:
                return Notice(sentence=f"no session runs at {station or 'no station'}")
            session = named[0]
        asked = limit_asked(text)
        if isinstance(asked, Request):
            return Order(session=session, verb="limit", fields=asked.arguments)
        return asked

    return entered
