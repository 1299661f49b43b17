"""One mean vector, the last item or several interests? By numbers: `python -m bench.interests`."""
