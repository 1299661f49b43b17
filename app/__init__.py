"""People: interactions, interests, ranking, HTTP and the command line."""
