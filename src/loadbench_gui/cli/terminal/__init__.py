"""How results look on a terminal: each module draws one part, from 60 columns on, with or without colour."""
