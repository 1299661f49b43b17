"""The records in SQL, out into one file and back, the same for SQLite and PostgreSQL."""
