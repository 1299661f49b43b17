"""Files of rows, ours and other people's: reading them, guessing their columns, writing them."""
