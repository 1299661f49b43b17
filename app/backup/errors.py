"""What can go wrong with backups; the messages are for people.

CommandFailed
└── BackupError
    ├── BadArchive   the file is no backup, not whole, or not as it was written
    ├── InUse        a service or worker is running on the database
    └── NotEmpty     the database holds records already
"""

from app.errors import CommandFailed


class BackupError(CommandFailed):
    """Base of the errors of this package; the database is as it was before."""


class BadArchive(BackupError):
    """The file is no backup, not whole, or not as it was written."""


class InUse(BackupError):
    """A service or worker is running on the database."""


class NotEmpty(BackupError):
    """The database holds records already."""
