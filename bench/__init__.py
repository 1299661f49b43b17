"""Benchmarks: one command a question. Each prints the machine it ran on and what it compared."""
