"""What the app can answer instead of a result; one handler turns each into problem details.

    AppError (status, type, title)
    ├── BadRequest            400 bad-request
    ├── Unauthorized          401 unauthorized         no key, a wrong key, a wrong signature
    ├── Forbidden             403 forbidden            the key lacks the scope
    ├── NotFound              404 not-found
    ├── NextUnreadable        400 next-unreadable      no `next` of this service, or changed
    ├── NextExpired           410 next-expired         it was too old
    ├── NextContradicted      422 next-contradicted    the request says something else than it
    ├── Conflict              409 conflict             what is there does not allow it
    ├── Gone                  410 gone                 it was deleted
    ├── PreconditionFailed    412 precondition-failed  another write came first
    ├── TooLarge              413 too-large
    ├── UnsupportedMediaType  415 unsupported-media-type   the body is not JSON, or does not say so
    ├── TooSlow               408 request-timeout      the request took too long to arrive
    ├── Invalid               422 invalid              a rule was broken; names field, value, rule
    ├── TooManyRequests       429 too-many-requests    the key's rate; Retry-After says when
    ├── Unavailable           503 unavailable          a part is down; Retry-After says when
    ├── Overloaded            503 overloaded           too much at once; Retry-After says when
    └── OutOfStorage          507 insufficient-storage the disk is full; nothing was written

Settings that cannot be used raise SettingsError before anything starts; a command that cannot do
its work raises CommandFailed.
"""

from typing import ClassVar


class AppError(Exception):
    """Base of the errors a client may see.

    Attributes:
        detail: One sentence: what was wrong and what to do.
        extra: More members for the problem details, JSON values.
        headers: More headers of the answer.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong here"

    def __init__(self, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra
        self.headers: dict[str, str] = {}


class BadRequest(AppError):
    """The request cannot be understood."""

    status, type, title = 400, "bad-request", "The request cannot be understood"


class Unauthorized(AppError):
    """No key, a wrong key, or a wrong signature."""

    status, type, title = 401, "unauthorized", "A valid key or signature is needed"


class Forbidden(AppError):
    """The key lacks the scope."""

    status, type, title = 403, "forbidden", "The key does not allow this"


class NotFound(AppError):
    """Nothing by that id."""

    status, type, title = 404, "not-found", "Nothing by that id"


class Conflict(AppError):
    """What is there does not allow it."""

    status, type, title = 409, "conflict", "What is there does not allow it"


class Gone(AppError):
    """It was there and has been deleted."""

    status, type, title = 410, "gone", "It has been deleted"


class NextUnreadable(AppError):
    """What was sent as `next` is none of this service, or was changed."""

    status, type, title = 400, "next-unreadable", "This `next` cannot be read"


class NextExpired(AppError):
    """`next` was too old; asking anew helps."""

    status, type, title = 410, "next-expired", "This `next` has expired"


class NextContradicted(AppError):
    """The request says something else than it did when the answer began."""

    status, type, title = 422, "next-contradicted", "This `next` belongs to another request"


class PreconditionFailed(AppError):
    """It is not at the version the request expects; `version` says at which it is."""

    status, type, title = 412, "precondition-failed", "Another write came first"


class TooLarge(AppError):
    """The body exceeds a limit."""

    status, type, title = 413, "too-large", "The body is too large"


class UnsupportedMediaType(AppError):
    """The body is not JSON, or does not say that it is."""

    status, type, title = 415, "unsupported-media-type", "The body must be JSON"


class TooSlow(AppError):
    """The request took too long to arrive."""

    status, type, title = 408, "request-timeout", "The request took too long to arrive"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.headers["Connection"] = "close"  # what is left of it must not be waited for


class TooManyRequests(AppError):
    """The key has called as often as it may.

    Args:
        detail: One sentence.
        wait: Seconds until it may call again.
        policies: Names of the limits that were reached.
    """

    status, type, title = 429, "too-many-requests", "The key has called as often as it may"

    def __init__(self, detail: str, *, wait: int, policies: list[str]) -> None:
        super().__init__(detail, **{"violated-policies": policies})
        self.headers["Retry-After"] = str(wait)


class Invalid(AppError):
    """A rule was broken."""

    status, type, title = 422, "invalid", "A rule was broken"


class Unavailable(AppError):
    """A part is down; trying again later may help."""

    status, type, title = 503, "unavailable", "A part is down"


class Overloaded(AppError):
    """More is asked at once than can be answered in time; trying again later may help."""

    status, type, title = 503, "overloaded", "Too much is asked at once"


class OutOfStorage(AppError):
    """The disk is full; nothing was written."""

    status, type, title = 507, "insufficient-storage", "The disk is full"


class CommandFailed(Exception):
    """A command of the command line could not do its work; the message says why."""


class SettingsError(Exception):
    """A setting is unknown or cannot be used; the message names it and what was expected."""
