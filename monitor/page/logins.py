"""Who is logged in at the page, for how long, and how often somebody may guess. Pure; time is an argument."""

import hashlib
import hmac
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from monitor.delivery.broker.broker import Broker
from monitor.page import passwords

# A shift with its hand-over.
LOGIN_FOR_S = 12 * 3600.0
# More screens than a clinic has; beyond it the oldest login ends.
MAX_LOGINS = 256

# Wrong guesses from one address, and for one name from all addresses together: a person mistypes a few times,
# a list does not. The second is larger: whoever wants to lock somebody out has to work for it.
GUESSES = 8
GUESSES_FOR_NAME = 40
GUESSES_WITHIN_S = 300.0
MAX_GUESSERS = 1024

# 128 bits: not to be guessed, so it may be long-lived; it is in the QR code only.
CODE_BYTES = 16


class Face(StrEnum):
    """Which of the two screens a login opens."""

    THERAPIST = "therapist"
    BEDSIDE = "bedside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may open the page. `broker` is their own login there; the bedside screen needs none.

    `code` opens the page without a password (the QR code at the station), `password_hash` with one.
    """

    name: str
    face: Face
    clinic: str
    broker: Callable[[], Broker] | None = None
    code: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One browser that is logged in."""

    person: Person
    until_s: float


class TooManyGuessesError(Exception):
    """Wait; `retry_after_s` says how long."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"too many attempts; again in {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class Logins:
    """The page's logins. Tokens are kept as hashes only: what leaks from memory opens nothing."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        self._people = dict(people)
        self._logins: OrderedDict[str, Login] = OrderedDict()
        self._guesses: OrderedDict[str, deque[float]] = OrderedDict()
        # Somebody who is not known takes as long as somebody who is.
        self._nobody = passwords.hashed(secrets.token_urlsafe(16))

    def by_code(self, code: str, *, address: str, now_s: float) -> Person | None:
        """The person whose code it is.

        Raises:
            TooManyGuessesError: too many wrong ones from this address.
        """
        self._check_guesses(address, now_s)
        found = None
        for person in self._people.values():
            if person.code is not None and hmac.compare_digest(person.code.encode(), code.encode()):
                found = person
        if found is None:
            self._note_guess(address, now_s)
        return found

    def by_password(self, name: str, password: str, *, address: str, now_s: float) -> Person | None:
        """The person whose name and password these are; takes some 60 ms, so not on the loop.

        Raises:
            TooManyGuessesError: too many wrong ones from this address or for this name.
        """
        self._check_guesses(address, now_s)
        self._check_guesses(f"name {name}", now_s, allowed=GUESSES_FOR_NAME)
        person = self._people.get(name)
        kept = None if person is None else person.password_hash
        if passwords.matches(password, kept or self._nobody) and kept is not None:
            return person
        self._note_guess(address, now_s)
        self._note_guess(f"name {name}", now_s)
        return None

    def begin(self, person: Person, *, now_s: float) -> str:
        """Log somebody in; returns the token for their cookie."""
        token = secrets.token_urlsafe(32)
        self._logins[_key(token)] = Login(person=person, until_s=now_s + LOGIN_FOR_S)
        if len(self._logins) > MAX_LOGINS:
            self._logins.popitem(last=False)
        return token

    def of(self, token: str | None, *, now_s: float) -> Login | None:
        """Whose token it is, while it is valid."""
        login = None if token is None else self._logins.get(_key(token))
        return login if login is not None and now_s < login.until_s else None

    def end(self, token: str) -> None:
        """Log out."""
        self._logins.pop(_key(token), None)

    def _check_guesses(self, who: str, now_s: float, *, allowed: int = GUESSES) -> None:
        guesses = self._guesses.get(who)
        while guesses and now_s - guesses[0] > GUESSES_WITHIN_S:
            guesses.popleft()
        if guesses and len(guesses) >= allowed:
            raise TooManyGuessesError(GUESSES_WITHIN_S - (now_s - guesses[-allowed]))

    def _note_guess(self, who: str, now_s: float) -> None:
        self._guesses.setdefault(who, deque(maxlen=GUESSES_FOR_NAME)).append(now_s)
        self._guesses.move_to_end(who)
        if len(self._guesses) > MAX_GUESSERS:
            self._guesses.popitem(last=False)


def new_code() -> str:
    """A code for a QR code."""
    return secrets.token_urlsafe(CODE_BYTES)


def _key(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
