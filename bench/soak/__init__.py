"""Everything at once, with faults: what was lost, what grew, and how long people waited."""
