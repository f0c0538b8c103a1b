"""A bundle to a FHIR server: TLS, a token, tries again while trying helps; the answer is read to its end."""

import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from monitor.errors import WrongUseError

# Before the second, third ... try: a server that restarts is back within half a minute.
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 20.0)
# A server may ask for more; nobody stands and waits for longer.
MOST_PAUSE_S = 60.0
# A transaction of some sixty entries takes a small server half a minute.
TIMEOUT_S = 90.0
MAX_ANSWER_BYTES = 8 * 2**20
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Too many requests, and what a server says while it starts or stops.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to: `url` is the server's base. The token is in no text that this class gives."""

    scheme: str
    host: str
    port: int
    path: str
    ca_file: Path | None
    token: str | None

    def __repr__(self) -> str:
        return f"Target({self.scheme}://{self.host}:{self.port}{self.path})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it; `text` is the entries' status and location as JSON, or what was wrong."""

    accepted: bool
    status: int | None
    text: str
    tries: int


def target_of(url: str, *, ca_file: Path | None = None, token_file: Path | None = None) -> Target:
    """The server that `url` names.

    Raises:
        WrongUseError: no such URL, no TLS to another machine, or the token cannot be read.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise WrongUseError(f"{url}: is no URL ({exc})") from exc
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
        raise WrongUseError("URL: expected the base of a FHIR server, such as https://fhir.clinic/r4")
    if parts.username or parts.password:
        raise WrongUseError("URL: no login belongs in it; the token comes from --token-file")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise WrongUseError(f"{parts.hostname}: another machine must be reached over TLS (https://)")
    token = None
    if token_file is not None:
        try:
            token = token_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise WrongUseError(f"{token_file}: the token cannot be read") from exc
        if not token or not token.isprintable() or " " in token:
            raise WrongUseError(f"{token_file}: expected one token in one line")
    if ca_file is not None:
        try:
            ssl.create_default_context(cafile=str(ca_file))
        except (OSError, ssl.SSLError) as exc:
            raise WrongUseError(f"{ca_file}: the authority cannot be used ({_words(exc)})") from exc
    return Target(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or (443 if parts.scheme == "https" else 80),
        path=parts.path.rstrip("/") or "/",
        ca_file=ca_file,
        token=token,
    )


def push(
    bundle: bytes,
    target: Target,
    *,
    sleep: Callable[[float], None] = time.sleep,
    on_try: Callable[[str], None] = lambda _: None,
) -> Answer:
    """POST a transaction; tried again when the network or the server had a passing fault.

    The transaction creates conditionally: a try whose answer was lost is repeated without harm.
    """
    answer = Answer(accepted=False, status=None, text="not tried", tries=0)
    asked_s: float | None = None
    for tries, pause_s in enumerate((0.0, *PAUSES_S), start=1):
        if tries > 1:
            sleep(pause_s if asked_s is None else min(asked_s, MOST_PAUSE_S))
        asked_s = None
        try:
            status, content, asked_s = _post(bundle, target)
        except (OSError, HTTPException) as exc:
            answer = Answer(accepted=False, status=None, text=f"no answer: {_words(exc)}", tries=tries)
            if isinstance(exc, ssl.SSLCertVerificationError):
                return answer
        else:
            answer = _judged(status, content, tries)
            if answer.accepted or status not in PASSING:
                return answer
        on_try(answer.text)
    return answer


def _words(exc: Exception) -> str:
    return str(exc) or type(exc).__name__


def _post(bundle: bytes, target: Target) -> tuple[int, bytes, float | None]:
    connection: HTTPConnection
    if target.scheme == "https":
        context = ssl.create_default_context(cafile=None if target.ca_file is None else str(target.ca_file))
        connection = HTTPSConnection(target.host, target.port, timeout=TIMEOUT_S, context=context)
    else:
        connection = HTTPConnection(target.host, target.port, timeout=TIMEOUT_S)
    headers = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
    if target.token is not None:
        headers["Authorization"] = f"Bearer {target.token}"
    try:
        # A redirect is not followed: the token is for this server alone.
        connection.request("POST", target.path, bundle, headers)
        response = connection.getresponse()
        content = response.read(MAX_ANSWER_BYTES)
        return response.status, content, _seconds(response.getheader("Retry-After"))
    finally:
        connection.close()


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None


def _judged(status: int, content: bytes, tries: int) -> Answer:
    """Accepted only when the server says of every entry that it is there."""
    try:
        answer = json.loads(content) if content else {}
    except ValueError:
        answer = {}
    if status != 200:
        return Answer(accepted=False, status=status, text=f"HTTP {status}: {_outcome(answer)}", tries=tries)
    entries = answer.get("entry") if isinstance(answer, dict) else None
    if not isinstance(entries, list) or answer.get("type") != "transaction-response":
        text = "HTTP 200, but no transaction-response"
        return Answer(accepted=False, status=status, text=text, tries=tries)
    kept = [_kept(entry) for entry in entries]
    failed = [one for one in kept if not str(one["status"]).startswith("2")]
    return Answer(accepted=not failed, status=status, text=json.dumps(failed or kept), tries=tries)


def _kept(entry: Any) -> dict[str, str]:
    response = entry.get("response", {}) if isinstance(entry, dict) else {}
    return {
        "status": str(response.get("status", "missing"))[:40],
        "location": str(response.get("location", ""))[:200],
    }


def _outcome(answer: Any) -> str:
    """What an OperationOutcome says, short and in one line."""
    issues = answer.get("issue", []) if isinstance(answer, dict) else []
    found = []
    for issue in issues if isinstance(issues, list) else []:
        if isinstance(issue, dict):
            details = issue.get("details")
            text = details.get("text") if isinstance(details, dict) else None
            found.append(str(issue.get("diagnostics") or text or issue.get("code") or ""))
    words = "".join(letter if letter.isprintable() else " " for letter in "; ".join(found))
    return words[:300] or "no outcome given"
