"""The audit: whether everything that was acknowledged is there, once, and as new as it can be."""
