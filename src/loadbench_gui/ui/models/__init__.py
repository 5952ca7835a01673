"""What the pages show, as plain values and numpy buffers: no Qt in here except the table models."""
