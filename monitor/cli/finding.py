"""What `kinewatch check` says of one subject. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one subject stands; `advice` says what to do where it is not well."""

    subject: str
    is_ok: bool
    found: str
    advice: str = ""

    @property
    def line(self) -> str:
        """For people."""
        advice = f" - {self.advice}" if self.advice else ""
        return f"{'ok ' if self.is_ok else 'NOT'}  {self.subject}: {self.found}{advice}"
