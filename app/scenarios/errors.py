"""What can go wrong with scenarios, apart from the database being down.

ScenarioError
├── UnknownScenario    nothing live by that name
├── VersionConflict    another write came first
└── TooManyScenarios   a new one would be one too many
"""


class ScenarioError(Exception):
    """Base of every error this package raises on purpose."""


class UnknownScenario(ScenarioError):
    """There is no live scenario by that name."""


class VersionConflict(ScenarioError):
    """The scenario is not at the version that was expected; nothing was written.

    Attributes:
        version: The newest, or 0 when there is no live scenario by that name.
    """

    def __init__(self, message: str, *, version: int) -> None:
        super().__init__(message)
        self.version = version


class TooManyScenarios(ScenarioError):
    """There are as many live scenarios as there may be; nothing was written."""
