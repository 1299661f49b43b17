"""A small shop to try Kindred on: its goods, their pictures and its people, all made up here."""
