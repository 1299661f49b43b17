"""What people do, made ready to be learned from: pure, in arrays."""
