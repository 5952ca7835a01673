"""Tells setup and uninstaller that loadbench runs: every process of the frozen app holds a mutex that they look for.

PyInstaller runs this before the program itself, on Windows. The handle is never closed: the system does it when the
process ends, however it ends.
"""

import sys

MUTEX = "loadbench.83ac3421-e351-4b49-8e97-67b2afa2491a"

if sys.platform == "win32":
    import ctypes

    ctypes.windll.kernel32.CreateMutexW(None, False, MUTEX)
