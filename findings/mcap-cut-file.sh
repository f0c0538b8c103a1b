#!/bin/bash
# What do the readers of the mcap package give of a recording that a crash cut off in the middle?
#
# Guess, written down before the run (2026-12-01, 03:09): make_reader wants the index at the end and fails; the
# NonSeekingReader, which reads streams, gives every message up to the cut and then raises an error.
#
# Seen: both give none. NonSeekingReader sorts by time and therefore reads the whole file first, so the error comes
# before the first message; with log_time_order=False it gives 528 of 1000. StreamReader gives the same 528.
#
# Source of the file: the package's own Writer, whose bytes are cut in half, as a power cut leaves them.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "mcap==1.6.0"

"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from io import BytesIO

from mcap.reader import NonSeekingReader, make_reader
from mcap.records import Message
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, Writer

file = BytesIO()
writer = Writer(file, compression=CompressionType.NONE, chunk_size=2000)
writer.start()
schema = writer.register_schema("sample", "jsonschema", b"{}")
channel = writer.register_channel("/samples", "json", schema)
for number in range(1000):
    writer.add_message(channel, log_time=number, data=b'{"a":1}', publish_time=number)
writer.finish()
cut = file.getvalue()[: len(file.getvalue()) // 2]


def read(messages):
    count = 0
    try:
        for _ in messages:
            count += 1
    except Exception as error:
        return count, type(error).__name__
    return count, "no error"


seen = {
    "make_reader": read(make_reader(BytesIO(cut)).iter_messages()),
    "NonSeekingReader": read(NonSeekingReader(BytesIO(cut)).iter_messages()),
    "NonSeekingReader, log_time_order=False": read(
        NonSeekingReader(BytesIO(cut)).iter_messages(log_time_order=False)
    ),
    "StreamReader": read(one for one in StreamReader(BytesIO(cut)).records if isinstance(one, Message)),
}
print("mcap", version("mcap"))
for name, (count, error) in seen.items():
    print(f"{name}: {count} messages of 1000, then {error}")
if [count for count, _ in seen.values()] != [0, 0, 528, 528]:
    raise SystemExit("the behaviour has changed")
PYTHON
