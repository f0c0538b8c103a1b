"""Read a session's recording: `python recordings.py recording.mcap`."""

import sys
from collections import Counter
from pathlib import Path

from monitor.recording.reader import RecordedInput, RecordedOutput, Recording

recording = Recording(Path(sys.argv[1]))
inputs: Counter[str] = Counter()
outputs = 0
for item in recording.items():
    if isinstance(item, RecordedInput):
        inputs[type(item.value).__name__] += 1
    elif isinstance(item, RecordedOutput):
        outputs += 1
print(f"{inputs['Frame']} frames, {sum(inputs.values())} inputs, {outputs} outputs")
