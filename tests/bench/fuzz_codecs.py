"""Damaged frames over all codecs: nothing but `DecodeError` may come out, and what decodes must be stable.

    python -m tests.bench.fuzz_codecs --frames 10000000

Same seed, same frames. Progress on stderr, the counts as one JSON line on stdout; exit 1 at the first
failure, with the message, the frame and the seed that reproduce it.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from protocols.ble import catalog
from protocols.ble.codec.errors import DecodeError, EncodeError
from tests.support.damaged_frames import damaged
from tests.support.samples import samples
from tests.support.vectors import all_vectors

# Frames of one message at a time: long enough to run fast, short enough for every message to come often.
_RUN = 200
# Encoding what was decoded, and decoding it again, is checked on one measurement in so many.
_STABILITY_EVERY = 8


class Target(NamedTuple):
    """One message with its functions resolved, and the frames that are damaged."""

    name: str
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    corpus: list[bytes]


class FuzzFailureError(Exception):
    """A codec did what no codec may do."""


def targets() -> list[Target]:
    """Every message of the catalogue; the corpus are its samples and published frames, good and bad."""
    known = samples()
    published = all_vectors()
    return [
        Target(
            message.name,
            message.decode,
            message.encode,
            [message.encode(sample) for sample in known[message.name]]
            + [vector.frame for vector in published if vector.message == message.name],
        )
        for message in catalog.messages()
    ]


def fuzz(frames: int, seed: int, report: Callable[[int], None]) -> dict[str, int]:
    """Decode that many damaged frames; returns how many decoded and how many were refused.

    Raises:
        FuzzFailureError: another exception came out, or a measurement changed on its way back and forth.
    """
    source = Random(seed)
    all_targets = targets()
    decoded = refused = 0
    while decoded + refused < frames:
        target = all_targets[source.randrange(len(all_targets))]
        for _ in range(min(_RUN, frames - decoded - refused)):
            frame = damaged(source, target.corpus)
            try:
                measurement = target.decode(frame)
            except DecodeError:
                refused += 1
                continue
            except Exception as error:
                raise FuzzFailureError(
                    f"{target.name}: decode of {frame.hex()} raised {error!r} (seed {seed})"
                ) from error
            decoded += 1
            if decoded % _STABILITY_EVERY == 0:
                _check_stable(target, frame, measurement, seed)
        report(decoded + refused)
    return {"frames": decoded + refused, "decoded": decoded, "refused": refused, "messages": len(all_targets)}


def _check_stable(target: Target, frame: bytes, measurement: Any, seed: int) -> None:
    try:
        again = target.decode(target.encode(measurement))
    except (DecodeError, EncodeError) as error:
        raise FuzzFailureError(
            f"{target.name}: {frame.hex()} cannot be encoded again: {error} (seed {seed})"
        ) from error
    if again != measurement and repr(again) != repr(measurement):
        raise FuzzFailureError(f"{target.name}: {frame.hex()} is not stable: {again!r} (seed {seed})")


def main() -> int:
    """Run, with progress on stderr."""
    parser = argparse.ArgumentParser(description="Damaged frames over all codecs.")
    parser.add_argument("--frames", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    started = time.monotonic()
    shown = started

    def report(done: int) -> None:
        nonlocal shown
        if time.monotonic() - shown >= 5:
            shown = time.monotonic()
            rate = done / (shown - started)
            sys.stderr.write(f"{done:,} of {args.frames:,} frames, {rate:,.0f} a second\n")

    try:
        counts = fuzz(args.frames, args.seed, report)
    except FuzzFailureError as failure:
        sys.stderr.write(f"FAILED: {failure}\n")
        return 1
    figures = counts | {"seed": args.seed, "seconds": round(time.monotonic() - started, 1)}
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
