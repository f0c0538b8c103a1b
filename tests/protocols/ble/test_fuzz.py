"""A short run of the fuzz target (`make fuzz` is the long one), and that it sees what it is to see."""

from typing import Any

import pytest

from protocols.ble.codec.errors import DecodeError, EncodeError
from tests.bench import fuzz_codecs
from tests.bench.fuzz_codecs import FuzzFailureError, Target, fuzz, targets


def test_twenty_thousand_damaged_frames_do_no_harm() -> None:
    counts = fuzz(20_000, seed=2, report=lambda _: None)
    assert counts["frames"] == 20_000
    assert counts["decoded"] > 2_000
    assert counts["refused"] > 2_000


def test_the_same_seed_gives_the_same_run() -> None:
    first, second = (fuzz(2_000, seed=7, report=lambda _: None) for _ in range(2))
    assert first == second


def test_every_message_is_fuzzed() -> None:
    assert all(target.corpus for target in targets())


def crash(_: bytes) -> Any:
    raise IndexError("planted")


def refuse(_: Any) -> bytes:
    raise EncodeError("planted", field="field", expected="nothing")


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        (Target("planted.crash", crash, bytes, [b"\x01"]), "raised IndexError"),
        (Target("planted.refusal", bytes, refuse, [b"\x01"]), "cannot be encoded again"),
        (
            Target("planted.change", lambda data: (data, len(data)), lambda pair: pair[0] + b"x", [b"\x01"]),
            "not stable",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Target) else "",
)
def test_a_codec_that_misbehaves_is_found(
    monkeypatch: pytest.MonkeyPatch, target: Target, complaint: str
) -> None:
    monkeypatch.setattr(fuzz_codecs, "targets", lambda: [target])
    with pytest.raises(FuzzFailureError, match=complaint) as caught:
        fuzz(1_000, seed=1, report=lambda _: None)
    assert target.name in str(caught.value)
    assert "seed 1" in str(caught.value)
    assert not isinstance(caught.value, DecodeError)
