"""How Alembic meets Kindred's tables; always driven by `app.schema`, on a connection it gives."""

from alembic import context

# Registers the tables of people and feeds on the one metadata.
import app.access.tables
import app.feeds.tables
import app.interactions.tables
import app.together.tables  # noqa: F401 - imported for what they register
from indexer.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a column by making the table anew.
    render_as_batch=True,
)
# The transaction is the caller's: it holds the lock that keeps two upgrades apart.
context.run_migrations()
