"""What can go wrong with what is said of a person.

PeopleError
├── InvalidAttributes   a rule of attributes was broken; names the attribute, the value and the rule
└── UnknownNames        items or categories that a seed names are not there
"""


class PeopleError(Exception):
    """Base of every error this package raises on purpose."""


class InvalidAttributes(PeopleError):
    """A rule of attributes was broken; nothing was written."""


class UnknownNames(PeopleError):
    """Items or categories that a seed names are not there; nothing was written."""
