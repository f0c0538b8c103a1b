"""A line of text typed key by key, where the terminal gives single keys. Pure."""

from dataclasses import dataclass

# As long as the reason of a command may be.
MAX_CHARACTERS = 200

ENTER = frozenset({"\r", "\n"})
ESCAPE = "\x1b"
_RUB_OUT = frozenset({"\x7f", "\b"})


@dataclass(slots=True)
class TextEntry:
    """Takes keys until Enter or Esc. `question` is what the person is asked."""

    question: str
    text: str = ""

    def press(self, key: str) -> str | None:
        """The whole text once Enter is pressed, else None; Esc is for the caller to see."""
        if key in ENTER:
            return self.text.strip()
        if key in _RUB_OUT:
            self.text = self.text[:-1]
        elif key.isprintable() and len(self.text) < MAX_CHARACTERS:
            self.text += key
        return None

    @property
    def prompt(self) -> str:
        """What to show while it is being typed."""
        return f"{self.question}: {self.text}_  (Enter; Esc gives up)"
