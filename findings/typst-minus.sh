#!/bin/bash
# Is a negative number in a PDF made by typst found again by a search for its text?
#
# Guess, written down before the run (2026-12-01, 03:21): in markup the minus may be typographic; #str(-3.5) is a string of
# ASCII letters and is printed as such.
#
# Seen (typst 0.15.2): #str(-3.5) too is U+2212 and not a hyphen. Only a string from outside ("-3.5") keeps it. A search
# or a comparison of the PDF's text with "-3.5" finds nothing: an extension of -3.5 degrees is not found.
#
# Source: the text that pypdf extracts.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "typst==0.15.2" "pypdf==7.1.1"

"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import io
import sys
from importlib.metadata import version
from pathlib import Path

import typst
from pypdf import PdfReader

source = Path(sys.argv[1]) / "number.typ"
source.write_text('-3.5 / #(-3.5) / #str(-3.5) / #"-3.5"')
text = PdfReader(io.BytesIO(typst.compile(str(source), format="pdf"))).pages[0].extract_text()
print("typst", version("typst"), "pypdf", version("pypdf"))
print(ascii(text))
assert text.split(" / ") == ["\u22123.5", "\u22123.5", "\u22123.5", "-3.5"], "another minus now"
PYTHON
