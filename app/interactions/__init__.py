"""What people did: kept, counted, read back."""
