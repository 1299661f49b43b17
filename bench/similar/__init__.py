"""How alike are the ten nearest? By text, by pictures and by both: `python -m bench.similar`."""
