from __future__ import annotations

import numpy as np

from loadbench_gui.ui.models.ring import Ring


def test_a_ring_gives_back_what_was_appended_oldest_first() -> None:
    ring = Ring(4, 2)
    for i in range(3):
        ring.append((float(i), float(10 * i)))
    assert ring.rows().tolist() == [[0.0, 0.0], [1.0, 10.0], [2.0, 20.0]]


def test_a_full_ring_keeps_the_newest_rows_in_order() -> None:
    for written in range(1, 20):
        ring = Ring(4, 1)
        for i in range(written):
            ring.append((float(i),))
        assert ring.rows()[:, 0].tolist() == [float(i) for i in range(max(0, written - 4), written)]


def test_memory_of_a_ring_never_grows() -> None:
    ring = Ring(100, 3)
    before = ring.bytes_held
    for i in range(1_000):
        ring.append(np.full(3, float(i)))
    assert ring.bytes_held == before
    assert len(ring) == 100


def test_an_empty_ring_has_no_rows() -> None:
    assert Ring(4, 2).rows().shape == (0, 2)
