"""What the assistant's keys ask for: single keys, because hands are busy; twice where a slip would cost much.

c calibrate   z zero   b begin   B begin with what is there, and why   ! stop, symptom   e e end the session
a acknowledge the topmost alert   A the same with a verdict   m pause the topmost alert's rule   M resume
r then two digits: exertion on Borg's scale, r13   p then 1, 2, 3: lies, sits, stands   n a note
l a limit, then y   o close the topmost alert, with a reason (therapists)   ? these keys
t a function test, in words   space the lap of one
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from monitor.cli.screens.asked import (
    LIMIT_QUESTION,
    PAUSE_FOR_S,
    VERDICT_KEYS,
    VERDICT_QUESTION,
    Arguments,
    Notice,
    Request,
    limit_asked,
)
from monitor.cli.screens.function_test_entry import TEST_QUESTION, test_asked
from monitor.cli.screens.text_entry import ESCAPE, TextEntry
from protocols.units import NS_PER_S

# Each ends where a line may be broken.
KEY_HELP_ITEMS = (
    "! symptom (stop)",
    "a acknowledge",
    "b begin (B without what is missing)",
    "c calibrate",
    "z zero",
    "r13 exertion 13",
    "p posture",
    "m pause (M resume)",
    "n note",
    "t test (space lap)",
    "l limit",
    "A verdict",
    "o close",
    "e e end",
    "Ctrl-C leave",
)
KEY_HELP = "keys: " + ", ".join(KEY_HELP_ITEMS)

# A second `e` later than this is a new first one.
END_AGAIN_WITHIN_S = 5.0
# Half-typed keys are forgotten: the digits that follow minutes later mean something else.
REST_OF_KEYS_WITHIN_S = 10.0
# The session takes a changed limit only while its proposal stands.
CONFIRM_WITHIN_S = 60.0


_PLAIN: Mapping[str, tuple[str, Arguments]] = {
    "c": ("calibrate", {}),
    "z": ("zero", {}),
    "b": ("begin", {}),
    "!": ("symptom", {"symptom": "stop"}),
    "M": ("resume", {}),
    " ": ("test", {"action": "lap"}),
}
_POSTURES: Mapping[str, str] = {"1": "supine", "2": "sitting", "3": "standing"}
_RATING_DIGITS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TopAlert:
    """The alert that keys without a number are about."""

    alert_id: str
    rule_id: str


@dataclass(frozen=True, slots=True)
class _Pending:
    """A first key that waits for the rest."""

    key: str
    at_ns: int
    typed: str = ""
    alert: TopAlert | None = None


@dataclass(slots=True)
class AssistantKeys:
    """Keys in, commands out. Time is an argument; an unknown key does nothing."""

    _pending: _Pending | None = None
    _entry: TextEntry | None = None
    _entered: Callable[[str], Request | Notice] | None = None
    _proposal: tuple[str, int] | None = None

    @property
    def prompt(self) -> str:
        """What is being typed, for the screen; "" while keys are single ones."""
        return self._entry.prompt if self._entry is not None else ""

    def proposed(self, command_id: str, *, now_ns: int) -> None:
        """The session has a changed limit that waits for `y`."""
        self._proposal = command_id, now_ns

    def press(
        self,
        key: str,
        *,
        now_ns: int,
        topmost: TopAlert | None,
        topmost_present: TopAlert | None = None,
    ) -> Request | Notice | None:
        """One key.

        `topmost` is the first alert on the screen that nobody has acknowledged, `topmost_present` the first
        of all.
        """
        if self._entry is not None:
            return self._type(key)
        pending, self._pending = self._pending, None
        if pending is not None and now_ns - pending.at_ns <= _WITHIN_NS[pending.key]:
            rest = self._rest_of(pending, key)
            if rest is not None:
                return rest
        return self._first(key, now_ns, topmost, topmost_present or topmost)

    def _first(  # noqa: PLR0911 - one return for each kind of key
        self, key: str, now_ns: int, topmost: TopAlert | None, present: TopAlert | None
    ) -> Request | Notice | None:
        if key in _PLAIN:
            verb, arguments = _PLAIN[key]
            return Request(verb=verb, arguments=dict(arguments))
        if key in _WAITING:
            return self._wait(key, now_ns, _WAITING[key])
        if key in _TYPED:
            return self._ask(*_TYPED[key])
        if key in {"a", "A"}:
            return self._acknowledge(key, now_ns, topmost)
        if key in {"m", "o"}:
            return self._of_present(key, present)
        if key == "y":
            return self._confirm(now_ns)
        return Notice(sentence=KEY_HELP) if key == "?" else None

    def _acknowledge(self, key: str, now_ns: int, alert: TopAlert | None) -> Request | Notice:
        if alert is None:
            return Notice(sentence="no alert waits to be acknowledged")
        if key == "A":
            return self._wait(key, now_ns, f"{alert.alert_id}: {VERDICT_QUESTION}", alert)
        return Request(verb="acknowledge", arguments={"alert_id": alert.alert_id})

    def _of_present(self, key: str, alert: TopAlert | None) -> Request | Notice:
        if alert is None:
            return Notice(sentence="there is no alert")
        if key == "m":
            return Request(verb="pause", arguments={"rule_id": alert.rule_id, "for_s": PAUSE_FOR_S})
        return self._ask(f"why {alert.alert_id} is closed", _closes(alert.alert_id))

    def _wait(self, key: str, now_ns: int, sentence: str, alert: TopAlert | None = None) -> Notice:
        self._pending = _Pending(key, now_ns, alert=alert)
        return Notice(sentence=sentence)

    def _rest_of(self, pending: _Pending, key: str) -> Request | Notice | None:
        """What the second key makes of the first; None: it is a first key itself."""
        match pending.key:
            case "e" if key == "e":
                return Request(verb="end")
            case "r" if key.isdecimal() and key.isascii():
                typed = pending.typed + key
                if len(typed) < _RATING_DIGITS:
                    self._pending = _Pending("r", pending.at_ns, typed)
                    return Notice(sentence="")
                # The session knows the scale's range and refuses what is outside it.
                return Request(verb="rating", arguments={"scale": "rpe", "value": float(typed)})
            case "p" if key in _POSTURES:
                return Request(verb="posture", arguments={"posture": _POSTURES[key]})
            case "A" if key in VERDICT_KEYS and pending.alert is not None:
                arguments = {"alert_id": pending.alert.alert_id, "verdict": VERDICT_KEYS[key]}
                return Request(verb="acknowledge", arguments=arguments)
        return None

    def _ask(self, question: str, entered: Callable[[str], Request | Notice]) -> Notice:
        self._entry, self._entered = TextEntry(question), entered
        return Notice(sentence=f"{question}? Enter ends it, Esc gives up")

    def _type(self, key: str) -> Request | Notice | None:
        entry, entered = self._entry, self._entered
        if key == ESCAPE or entry is None or entered is None:
            self._entry = None
            return Notice(sentence="nothing was asked for")
        text = entry.press(key)
        if text is None:
            return None
        self._entry = None
        return entered(text)

    def _confirm(self, now_ns: int) -> Request | Notice:
        proposal, self._proposal = self._proposal, None
        if proposal is None or now_ns - proposal[1] > CONFIRM_WITHIN_S * NS_PER_S:
            return Notice(sentence="no changed limit waits to be confirmed")
        return Request(verb="limit", arguments={"confirm": proposal[0]})


_WITHIN_NS: Mapping[str, float] = {
    "e": END_AGAIN_WITHIN_S * NS_PER_S,
    "r": REST_OF_KEYS_WITHIN_S * NS_PER_S,
    "p": REST_OF_KEYS_WITHIN_S * NS_PER_S,
    "A": REST_OF_KEYS_WITHIN_S * NS_PER_S,
}


def _begins(reason: str) -> Request:
    return Request(verb="begin", arguments={"accept_missing": True, **({"reason": reason} if reason else {})})


def _notes(text: str) -> Request | Notice:
    return (
        Request(verb="note", arguments={"text": text}) if text else Notice(sentence="an empty note is none")
    )


def _closes(alert_id: str) -> Callable[[str], Request | Notice]:
    def entered(reason: str) -> Request | Notice:
        if not reason:
            return Notice(sentence="to close an alert needs a reason")
        return Request(verb="override", arguments={"alert_id": alert_id, "reason": reason})

    return entered


_WAITING: Mapping[str, str] = {
    "e": "press e again to end the session",
    "r": "exertion: two digits, 06 to 20",
    "p": "posture: 1 lies, 2 sits, 3 stands",
}
_TYPED: Mapping[str, tuple[str, Callable[[str], Request | Notice]]] = {
    "B": ("begin without what is missing: why", _begins),
    "n": ("note", _notes),
    "t": (TEST_QUESTION, test_asked),
    "l": (LIMIT_QUESTION, limit_asked),
}
