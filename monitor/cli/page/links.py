"""The page's URL in the terminal, and its QR code for a phone or tablet."""

import io
import sys
from collections.abc import Callable
from importlib.util import find_spec

from monitor.errors import WrongUseError

MISSING = "the page needs the extra `web`: pip install 'kinewatch[web]'"


def is_installed() -> bool:
    """Whether the page's server can run here."""
    return find_spec("aiohttp") is not None and find_spec("segno") is not None


def check_installed() -> None:
    """Go on only with the page's packages.

    Raises:
        WrongUseError: they are not installed.
    """
    if not is_installed():
        raise WrongUseError(MISSING)


def qr_code(url: str) -> str:
    """The URL as a QR code of half-height blocks."""
    import segno

    drawn = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(out=drawn, compact=True, border=1)
    return drawn.getvalue()


def show_links(links: dict[str, str], say: Callable[[str], None], *, with_code: bool) -> None:
    """Say each person's URL; with its QR code where a person looks at the terminal."""
    for name, url in links.items():
        say(f"page for {name}: {url}")
        if with_code and sys.stderr.isatty():
            print(qr_code(url), file=sys.stderr)
