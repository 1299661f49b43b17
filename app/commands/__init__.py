"""The command line's parts: one module a command, put together in `app.cli`."""
