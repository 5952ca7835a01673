"""How loadbench is held against other generators, against the truth and against its own limits: `make bench`."""
