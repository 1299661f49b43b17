"""People: what is said of them, what they said themselves, and which groups they fall into."""
