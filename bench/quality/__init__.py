"""How good what is recommended is."""
