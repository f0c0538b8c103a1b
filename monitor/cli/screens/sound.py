"""Makes alerts heard: the terminal's bell always, and a burst of tones where the machine can play one.

The tones are made once, at the start; a player of the system plays them in a thread of its own. So a burst
waits neither for the disk nor for a sound card that hangs, and holds nobody up.
"""

import math
import shutil
import subprocess
import tempfile
import threading
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

BELL = "\a"

# What plays a file on Linux (PipeWire, PulseAudio, ALSA) and on macOS.
PLAYERS = ("pw-play", "paplay", "aplay", "afplay")
# A burst lasts three seconds at most; a player that takes longer has no device.
PLAYED_WITHIN_S = 10.0

RATE_HZ = 16_000
# Seconds from one pulse's start to the next; the last one's is not used. IEC 60601-1-8, table 3 and 4: ten
# pulses for high (two groups of three and two), three for medium, two for low.
PULSES: Mapping[str, tuple[float, Sequence[float]]] = {
    "high": (0.14, (0.2, 0.2, 0.4, 0.2, 0.7, 0.2, 0.2, 0.4, 0.2, 0.2)),
    "medium": (0.2, (0.4, 0.4, 0.4)),
    "low": (0.2, (0.4, 0.4)),
}
FUNDAMENTAL_HZ = 660.0
# At least four harmonics between 300 and 4000 Hz, so that it is heard in a noisy room.
HARMONICS = (1, 2, 3, 4, 5)


def burst(priority: str) -> bytes:
    """The samples of one burst, 16-bit mono."""
    length_s, starts = PULSES[priority]
    frames = bytearray()
    for step_s in starts:
        for number in range(round(step_s * RATE_HZ)):
            t_s = number / RATE_HZ
            # Rises and falls within a tenth of the pulse: no click.
            shape = max(0.0, min(1.0, t_s / (0.1 * length_s), (length_s - t_s) / (0.1 * length_s)))
            tone = sum(math.sin(2 * math.pi * FUNDAMENTAL_HZ * k * t_s) for k in HARMONICS) / len(HARMONICS)
            frames += round(0.8 * shape * tone * 32767).to_bytes(2, "little", signed=True)
    return bytes(frames)


def player() -> str | None:
    """The program that plays sound on this machine; None where there is none."""
    return next((path for name in PLAYERS if (path := shutil.which(name)) is not None), None)


class Sound:
    """A context manager; `play` returns at once.

    Args:
        to: the terminal whose bell rings.
        with_tones: also play tones where the machine has a player.
    """

    def __init__(self, to: TextIO, *, with_tones: bool = True) -> None:
        self._to = to
        self._rings = to.isatty()
        self._player = player() if with_tones else None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[str, Path] = {}
        self._playing: threading.Thread | None = None
        # A sentence once the player has failed; the bell goes on.
        self.problem = ""

    def __enter__(self) -> Self:
        if self._player is not None:
            try:
                self._folder = tempfile.TemporaryDirectory(prefix="kinewatch-sound-")
                for priority in PULSES:
                    path = Path(self._folder.name) / f"{priority}.wav"
                    with wave.open(str(path), "wb") as file:
                        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
                        file.writeframes(burst(priority))
                    self._files[priority] = path
            except OSError as exc:
                self.problem = f"no tones, only the terminal's bell ({exc.strerror})"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def play(self, priority: str) -> None:
        """Ring, and play the priority's burst unless one is being played."""
        if self._rings:
            self._to.write(BELL)
            self._to.flush()
        path = self._files.get(priority)
        is_busy = self._playing is not None and self._playing.is_alive()
        if path is None or self._player is None or is_busy:
            return
        self._playing = threading.Thread(target=self._run, args=(self._player, path), daemon=True)
        self._playing.start()

    def _run(self, program: str, path: Path) -> None:
        try:
            subprocess.run([program, str(path)], check=True, capture_output=True, timeout=PLAYED_WITHIN_S)  # noqa: S603 - a player of the system, our own file
        except (OSError, subprocess.SubprocessError):
            self.problem = f"no tones, only the terminal's bell: {Path(program).name} cannot play here"
        else:
            self.problem = ""
