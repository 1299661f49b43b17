"""What can go wrong around the catalogue and the index.

IndexerError
├── InvalidItem          the item breaks a rule; the message names field, value and rule
├── InvalidFilter        the filter breaks a rule
├── FetchError           something could not be fetched
│   ├── FetchForbidden       scheme, address, size or redirect not allowed: no use retrying
│   └── FetchUnavailable     the host did not answer well: may help to try again
│       └── HostSilent           it did not answer at all, or not in time
├── PictureError         a picture could not be had
│   ├── PictureForbidden     it is not allowed: no use retrying
│   └── PictureUnavailable   may help to try again
├── StoreError           the vector store said no
│   ├── StoreUnavailable     down, or too slow: try again later
│   │   ├── CollectionLost       a generation's collection is gone: it is made anew from SQL
│   │   └── CollectionUnloaded   it is not in the engine's memory: it is loaded again
│   └── StoreRejected        it does not take this request: no use retrying
├── ModelUnavailable     a generation's model cannot be loaded here
├── DatabaseUnavailable  SQL is down or locked for too long: try again later
│   └── DatabaseLost         it does not answer at all
├── StorageFull          the disk is full: nothing was written
├── SchemaMismatch       the database's schema is newer or older than this program
├── OwnedElsewhere       another process holds the Lite file
└── JobFailed            a reindex, rollback or training could not be done
"""


class IndexerError(Exception):
    """Base of every error this package raises on purpose."""


class InvalidItem(IndexerError):
    """The item breaks a rule; the message names the field, the value and the rule."""


class InvalidFilter(IndexerError):
    """The filter breaks a rule; the message names it."""


class FetchError(IndexerError):
    """Something could not be fetched."""


class FetchForbidden(FetchError):
    """Scheme, address, size or redirect is not allowed; trying again does not help."""


class FetchUnavailable(FetchError):
    """The host did not answer well; trying again may help."""


class HostSilent(FetchUnavailable):
    """The host did not answer at all, or not in time; trying again later may help."""


class PictureError(IndexerError):
    """A picture could not be had."""


class PictureForbidden(PictureError):
    """Scheme, address, size or redirect is not allowed; trying again does not help."""


class PictureUnavailable(PictureError):
    """The host did not answer well; trying again may help."""


class StoreError(IndexerError):
    """The vector store said no."""


class StoreUnavailable(StoreError):
    """The vector store is down or too slow; trying again later may help."""


class CollectionLost(StoreUnavailable):
    """A generation's collection is gone from the engine; its owner makes it anew from SQL."""


class CollectionUnloaded(StoreUnavailable):
    """A collection is not in the engine's memory, as after a restart; its owner loads it again."""


class StoreRejected(StoreError):
    """The vector store does not take this request; trying again does not help."""


class ModelUnavailable(IndexerError):
    """A generation's model cannot be loaded here; the message says which and what to do."""


class DatabaseUnavailable(IndexerError):
    """SQL is down, or locked for too long; trying again later may help."""


class DatabaseLost(DatabaseUnavailable):
    """SQL does not answer at all, or did not a moment ago; trying again later may help."""


class StorageFull(IndexerError):
    """The disk is full; nothing was written."""


class SchemaMismatch(IndexerError):
    """The database's schema is newer or older than this program; the message says what to do."""


class OwnedElsewhere(IndexerError):
    """Another process holds the Lite file; the message names the file and what to do."""


class JobFailed(IndexerError):
    """A reindex, rollback or training could not be done; the message says what stays as it was."""
