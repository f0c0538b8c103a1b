"""Who may open the page: codes, passwords, guesses, expiry."""

from pathlib import Path

import pytest

from monitor.errors import WrongUseError
from monitor.page import logins, passwords
from monitor.page.logins import Face, Logins, Person, TooManyGuessesError

HASH = passwords.hashed("correct horse")
ANNA = Person(name="anna", face=Face.THERAPIST, clinic="north", password_hash=HASH, code="c" * 22)


def of_anna() -> Logins:
    return Logins({"anna": ANNA})


def test_a_code_and_a_password_open_it() -> None:
    kept = of_anna()
    assert kept.by_code("c" * 22, address="a", now_s=0) is ANNA
    assert kept.by_password("anna", "correct horse", address="a", now_s=0) is ANNA
    assert kept.by_password("anna", "wrong", address="a", now_s=0) is None
    assert kept.by_password("nobody", "correct horse", address="a", now_s=0) is None


def test_guesses_are_few_and_forgotten_after_five_minutes() -> None:
    kept = of_anna()
    for _ in range(logins.GUESSES):
        assert kept.by_code("wrong", address="a", now_s=10) is None
    with pytest.raises(TooManyGuessesError) as caught:
        kept.by_code("c" * 22, address="a", now_s=20)
    assert caught.value.retry_after_s == pytest.approx(290)
    assert kept.by_code("c" * 22, address="b", now_s=20) is ANNA
    assert kept.by_code("c" * 22, address="a", now_s=311) is ANNA


def test_who_guesses_is_bounded() -> None:
    kept = of_anna()
    for number in range(logins.MAX_GUESSERS + 10):
        kept.by_code("wrong", address=f"a{number}", now_s=0)
    assert len(kept._guesses) == logins.MAX_GUESSERS


def test_a_login_ends_by_time_by_hand_and_by_number() -> None:
    kept = of_anna()
    token = kept.begin(ANNA, now_s=0)
    assert kept.of(token, now_s=logins.LOGIN_FOR_S - 1) is not None
    assert kept.of(token, now_s=logins.LOGIN_FOR_S) is None
    assert kept.of("other", now_s=0) is kept.of(None, now_s=0) is None
    kept.end(token)
    assert kept.of(token, now_s=0) is None
    first = kept.begin(ANNA, now_s=0)
    for _ in range(logins.MAX_LOGINS):
        kept.begin(ANNA, now_s=0)
    assert kept.of(first, now_s=0) is None


def test_no_secret_is_in_a_text_form() -> None:
    assert "ccc" not in repr(ANNA)
    assert HASH not in repr(ANNA)


def test_passwords_lie_in_a_file_for_one_user(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    passwords.write_password(path, "anna", "correct horse")
    passwords.write_password(path, "ben", "battery staple")
    kept = passwords.read_passwords(path)
    assert set(kept) == {"anna", "ben"}
    assert passwords.matches("correct horse", kept["anna"])
    assert not passwords.matches("battery staple", kept["anna"])
    assert not passwords.matches("x", "scrypt$%%%$%%%")
    path.chmod(0o644)
    with pytest.raises(WrongUseError, match="others can read it"):
        passwords.read_passwords(path)


@pytest.mark.parametrize("text", ["anna", "anna:plain"])
def test_other_lines_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "passwords"
    path.touch(mode=0o600)
    path.write_text(f"{text}\n")
    with pytest.raises(WrongUseError, match="passwords:1"):
        passwords.read_passwords(path)


def test_a_password_has_a_length_and_a_file(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match="8 to 200"):
        passwords.write_password(tmp_path / "p", "anna", "short")
    with pytest.raises(WrongUseError, match="cannot be read"):
        passwords.read_passwords(tmp_path / "missing")
    with pytest.raises(WrongUseError, match="cannot be written"):
        passwords.write_password(tmp_path / "no" / "folder", "anna", "correct horse")
