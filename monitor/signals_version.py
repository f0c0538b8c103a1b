"""Which state of the signal algorithms a recording was made with: it grows when replays may differ.

1: up to 0.1.0, recordings without the number. 2: calibration that refuses, errors with soft tissue, counting
in retrospect, signed tilt, heart rate in motion (docs/signals.md, "Recordings made before").
"""

SIGNALS_VERSION = 2
