"""Who may call, how often, and what those who administer did."""
