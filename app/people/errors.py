"""What can go wrong with what is said of a person.

PeopleError
├── InvalidAttributes   a rule of attributes was broken; names the attribute, the value and the rule
├── UnknownNames        items or categories that a seed names are not there
└── NothingKept         nothing may be kept of the person now
    ├── OptedOut            they opted out of personalisation
    └── BeingErased         what was kept is still being deleted: try again in a moment
"""


class PeopleError(Exception):
    """Base of every error this package raises on purpose."""


class InvalidAttributes(PeopleError):
    """A rule of attributes was broken; nothing was written."""


class UnknownNames(PeopleError):
    """Items or categories that a seed names are not there; nothing was written."""


class NothingKept(PeopleError):
    """Nothing may be kept of the person now; nothing was written."""


class OptedOut(NothingKept):
    """They opted out of personalisation."""


class BeingErased(NothingKept):
    """What was kept of them is still being deleted; trying again in a moment helps."""
