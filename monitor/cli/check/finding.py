"""What `kinewatch check` says of one subject. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Fact = str | int | float | bool | None | Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one subject stands; `advice` says what to do about it, `facts` the same as `found` for programs."""

    subject: str
    is_ok: bool
    found: str
    advice: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """For people."""
        advice = f" - {self.advice}" if self.advice else ""
        return f"{'ok ' if self.is_ok else 'NOT'}  {self.subject}: {self.found}{advice}"
