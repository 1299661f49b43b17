"""How fast Kindred is: one command a question, every figure beside what it is measured against."""
