"""People as roles and codes: an artefact names nobody."""

import hashlib
from collections.abc import Mapping


class People:
    """Logins to codes such as `assistant-3f2a91`.

    A code is the role and a digest of clinic and login: the same person has the same code on every station
    of a clinic, and a clinic that knows its logins can tell whose it is.
    """

    def __init__(self, clinic: str, roles: Mapping[str, str]) -> None:
        self._clinic = clinic
        self._roles = dict(roles)

    def note_role(self, login: str, role: str) -> None:
        """A command said so; what the settings say comes first."""
        self._roles.setdefault(login, role)

    def role(self, login: str) -> str:
        """The person's role, `staff` where nobody said."""
        return self._roles.get(login, "staff")

    def code(self, login: str) -> str:
        """The person's code."""
        digest = hashlib.sha256(f"{self._clinic}/{login}".encode()).hexdigest()
        return f"{self.role(login)}-{digest[:6]}"
