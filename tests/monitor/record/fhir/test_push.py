"""To a server on loopback that answers as servers do: accepted, refused, away, slow to start, lying."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from monitor.app import STORE_NAME
from monitor.cli.main import main
from monitor.errors import WrongUseError
from monitor.record.fhir.push import PAUSES_S, Answer, push, target_of
from monitor.record.rows import stored_record
from monitor.store.store import Store
from tests.support.certificates import authority_and_broker
from tests.support.recorded_session import Recorded

Reply = tuple[int, dict[str, str], Any]


class Server:
    """Answers with what it was given, in order, the last one again and again."""

    def __init__(self, replies: list[Reply]) -> None:
        self.replies = replies
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.url = ""

    def reply(self, headers: dict[str, str], body: bytes) -> Reply:
        self.requests.append((headers, body))
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def serving(server: Server, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, content = server.reply(dict(self.headers), body)
            sent = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        scheme = "http"
        if context is not None:
            http.socket = context.wrap_socket(http.socket, server_side=True)
            scheme = "https"
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.url = f"{scheme}://127.0.0.1:{http.server_address[1]}/fhir"
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def created(count: int = 2, status: str = "201") -> Reply:
    entries = [{"response": {"status": status, "location": f"Observation/{n}"}} for n in range(count)]
    return 200, {}, {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}


def sent(server: Server, **more: Any) -> tuple[Answer, list[float]]:
    slept: list[float] = []
    return push(b"{}", target_of(server.url, **more), sleep=slept.append), slept


def test_an_accepted_transaction_keeps_the_servers_ids() -> None:
    with serving(Server([created()])) as server:
        answer, slept = sent(server)
    assert answer.accepted
    assert json.loads(answer.text)[1] == {"status": "201", "location": "Observation/1"}
    assert slept == []


def test_the_token_is_sent_and_never_shown(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    with serving(Server([created()])) as server:
        target = target_of(server.url, token_file=token)
        push(b"{}", target)
    assert server.requests[0][0]["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr(target)


def test_a_server_that_starts_is_waited_for() -> None:
    with serving(Server([(503, {}, b"starting"), (429, {"Retry-After": "7"}, {}), created()])) as server:
        answer, slept = sent(server)
    assert answer.accepted
    assert answer.tries == 3
    assert slept == [PAUSES_S[0], 7.0]


def test_over_tls_with_the_clinics_own_authority(tmp_path: Path) -> None:
    authority, server_file = authority_and_broker(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    with serving(Server([created()]), context) as server:
        answer, _ = sent(server, ca_file=authority)
        stranger, slept = sent(server)
    assert answer.accepted
    # A certificate that nobody vouches for does not become better by trying again.
    assert not stranger.accepted
    assert stranger.tries == 1
    assert slept == []


def test_a_refusal_is_not_repeated() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "no\nsuch profile"}]}
    with serving(Server([(422, {}, outcome)])) as server:
        answer, _ = sent(server)
    assert (answer.accepted, answer.tries, answer.status) == (False, 1, 422)
    assert "no such profile" in answer.text


def test_a_redirect_is_not_followed() -> None:
    with serving(Server([(307, {"Location": "http://127.0.0.1:1/"}, b"")])) as server:
        answer, _ = sent(server)
    assert not answer.accepted
    assert answer.status == 307


@pytest.mark.parametrize(
    "reply",
    [
        (200, {}, b"hello"),
        (200, {}, {"resourceType": "Bundle"}),
        created(status="412"),
        (200, {}, [1]),
        (200, {}, b""),
    ],
)
def test_two_hundred_is_not_acceptance(reply: Reply) -> None:
    with serving(Server([reply])) as server:
        answer, _ = sent(server)
    assert not answer.accepted


def test_nobody_there_is_tried_to_the_end() -> None:
    slept: list[float] = []
    answer = push(b"{}", target_of("http://127.0.0.1:1/fhir"), sleep=slept.append)
    assert slept == list(PAUSES_S)
    assert answer.text.startswith("no answer")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://fhir.clinic/r4", "must be reached over TLS"),
        ("ftp://x", "expected the base"),
        ("https://", "expected the base"),
        ("https://a:b@x/r4", "no login"),
        ("https://x:99999/r4", "is no URL"),
    ],
)
def test_wrong_urls(url: str, said: str) -> None:
    with pytest.raises(WrongUseError, match=said):
        target_of(url)


def test_an_authority_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match="cannot be used"):
        target_of("https://x/r4", ca_file=tmp_path / "none.pem")


@pytest.mark.parametrize("content", ["", "two words", "zwei\nzeilen"])
def test_wrong_tokens(content: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(content)
    with pytest.raises(WrongUseError, match="one token"):
        target_of("https://x/r4", token_file=tmp_path / "token")
    with pytest.raises(WrongUseError, match="cannot be read"):
        target_of("https://x/r4", token_file=tmp_path / "none")


@pytest.fixture
def sessions(golden: Recorded, tmp_path: Path) -> Path:
    folder = tmp_path / "sessions"
    folder.mkdir()
    with Store(folder / STORE_NAME) as store:
        store.records.keep(stored_record(golden.facts))
    return folder


def test_the_command_sends_once_and_again_after_a_correction(
    sessions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Server([created()])) as server:
        words = ["fhir", "push", server.url, "--sessions", str(sessions)]
        assert main(words) == 0
        assert "2 created" in capsys.readouterr().out
        assert main(words) == 0
        assert len(server.requests) == 1
        amend = [
            "amend",
            "knee-extension",
            "set-1",
            "nine",
            "--reason",
            "a cough",
            "--sessions",
            str(sessions),
        ]
        assert main(amend) == 0
        assert main([*words, "--free-text"]) == 0
        assert len(server.requests) == 2
    bundle = json.loads(server.requests[1][1])
    corrections = [one["resource"] for one in bundle["entry"] if one["resource"].get("valueString") == "nine"]
    assert corrections[0]["focus"][0]["reference"] in {one["fullUrl"] for one in bundle["entry"]}
    with Store(sessions / STORE_NAME) as store:
        assert [one.action for one in store.audit_entries()] == ["export", "amend", "export"]


def test_what_was_refused_is_kept_and_sent_again(sessions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Server([(422, {}, {}), created()])) as server:
        words = ["fhir", "push", server.url, "--sessions", str(sessions), "--json"]
        assert main(words) == 1
        assert "send them again" in capsys.readouterr().err
        assert main(words) == 0
        assert json.loads(capsys.readouterr().out)["accepted"]
