"""Changes of scenarios as the audit log has them."""

from sqlalchemy import Connection

from app.access.audit import Action, Actor, note
from app.scenarios.store import Also, StoredScenario


def noted(actor: Actor, what: str) -> Also:
    """Return what writes a change into the audit log, in the transaction that makes it.

    Args:
        actor: Who makes it.
        what: "scenario.put" or "scenario.delete".
    """

    def also(connection: Connection, stored: StoredScenario) -> None:
        done = Action(actor, what, stored.name, {"version": stored.version})
        note(connection, done, now=stored.created_at)

    return also
