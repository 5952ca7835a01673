from __future__ import annotations

import platform

import numpy as np
import psutil

from loadbench_gui.deploy.environment import read_environment


def test_the_machine_is_described_as_the_result_document_wants_it() -> None:
    environment = read_environment()

    assert environment.python == f"CPython {platform.python_version()}"
    assert platform.release() in environment.kernel
    assert environment.os
    assert environment.cpu_model
    assert environment.cpus == psutil.cpu_count()
    assert environment.memory_bytes == psutil.virtual_memory().total
    assert environment.packages["numpy"] == np.__version__


def test_it_is_kept_with_a_run_as_flat_text() -> None:
    environment = read_environment()
    mapping = environment.as_mapping()

    assert mapping["memory_bytes"] == str(environment.memory_bytes)
    assert mapping["package:numpy"] == np.__version__
