"""What can go wrong with keys, apart from the database being down.

AccessError
├── UnknownKey    no key by that name holds
├── KeyTaken      a key by that name holds already
└── TooManyKeys   a new one would be one too many
"""


class AccessError(Exception):
    """Base of every error this package raises on purpose."""


class UnknownKey(AccessError):
    """No key by that name holds; nothing was changed."""


class KeyTaken(AccessError):
    """A key by that name holds already; nothing was made."""


class TooManyKeys(AccessError):
    """There are as many keys as there may be; nothing was made."""
