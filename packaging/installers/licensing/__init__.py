"""Where every shipped file comes from, under which licence, and the notices and the bill of materials of that."""
