"""Looking for better settings: what can be tried, trying it, and whether it is really better."""
