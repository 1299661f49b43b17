"""Data sets people evaluate on: which layout a folder or file has, and reading it into a log."""
