"""What a person is called where their id must not stand: a keyed hash."""

import hashlib
import hmac
import secrets

from indexer.database import Database
from indexer.facts import fact

FACT = "person_salt"


def keyed(salt: str, user_id: str) -> str:
    """Return HMAC-SHA256 of a user_id under a salt, in hex: 64 characters."""
    return hmac.digest(salt.encode(), user_id.encode(), hashlib.sha256).hex()


class Names:
    """Names people by the salt of their database, the same in every process.

    The salt is read, or made, at the first name; not inside a write transaction of the caller's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._salt: str | None = None

    @property
    def salt(self) -> str:
        """Secret, and of the data: who has it can tell whether a hash is of an id they know."""
        if self._salt is None:
            self._salt = fact(self._database, FACT, lambda: secrets.token_hex(32))
        return self._salt

    def of(self, user_id: str) -> str:
        """Name a person."""
        return keyed(self.salt, user_id)
