"""What goes together: counted from what people did, kept in SQL, replaced as a whole."""
