"""The guardian on Windows: a job object takes the place of the subreaper.

Every process that the server starts belongs to the job, and the job is closed with the guardian's last handle: when
the guardian dies, however it dies, the system ends them all. No record and no sweep are needed here.

Not executed so far: written against the documented interface, type-checked, and waiting for a Windows machine.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import contextlib
    import ctypes
    import os
    import signal
    import subprocess
    import threading
    import time
    from ctypes import wintypes

    from loadbench_gui import interpreter
    from loadbench_gui.deploy.guardian_pipe import emit

    _EXTENDED_LIMIT_INFORMATION = 9
    _KILL_ON_JOB_CLOSE = 0x2000
    _CREATE_SUSPENDED = 0x4

    class _Basic(ctypes.Structure):
        _fields_ = (
            ("per_process_user_time", ctypes.c_int64),
            ("per_job_user_time", ctypes.c_int64),
            ("limit_flags", wintypes.DWORD),
            ("minimum_working_set", ctypes.c_size_t),
            ("maximum_working_set", ctypes.c_size_t),
            ("active_process_limit", wintypes.DWORD),
            ("affinity", ctypes.c_size_t),
            ("priority_class", wintypes.DWORD),
            ("scheduling_class", wintypes.DWORD),
        )

    class _Extended(ctypes.Structure):
        _fields_ = (
            ("basic", _Basic),
            ("io_counters", ctypes.c_uint64 * 6),
            ("process_memory_limit", ctypes.c_size_t),
            ("job_memory_limit", ctypes.c_size_t),
            ("peak_process_memory", ctypes.c_size_t),
            ("peak_job_memory", ctypes.c_size_t),
        )

    def _job() -> int:
        """Create a job whose processes end with its last handle, which is this process's."""
        kernel = ctypes.windll.kernel32
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        handle: int = kernel.CreateJobObjectW(None, None)
        limits = _Extended()
        limits.basic.limit_flags = _KILL_ON_JOB_CLOSE
        kernel.SetInformationJobObject(
            wintypes.HANDLE(handle), _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits)
        )
        return handle

    def _enter(job: int, process: subprocess.Popen[bytes], cpus: list[int]) -> None:
        """Put a suspended process into the job and on its CPUs, then let it run."""
        handle = wintypes.HANDLE(int(process._handle))  # type: ignore[attr-defined]  # noqa: SLF001, RUF100
        kernel = ctypes.windll.kernel32
        kernel.AssignProcessToJobObject(wintypes.HANDLE(job), handle)
        if cpus:
            kernel.SetProcessAffinityMask(handle, ctypes.c_size_t(sum(1 << cpu for cpu in cpus)))
        ctypes.windll.ntdll.NtResumeProcess(handle)

    def _leave_library_folder() -> None:
        """Take the app's folder out of where Windows looks for libraries, which the server would inherit.

        The loader of a frozen app (PyInstaller 6, `pyi_main.c`) calls `SetDllDirectoryW` with the app's folder in
        every process of ours, one-folder builds included; unlike a variable it passes to children unseen. There it
        comes before the system's folders and the PATH, so another program would load our OpenSSL or C runtime in
        place of its own. This process does without from here on: its modules find what lies beside them. A server
        that is our own executable sets it again for itself.
        """
        if interpreter.is_frozen():
            ctypes.windll.kernel32.SetDllDirectoryW(None)

    def run(spec: dict[str, object], rest: bytes) -> int:
        """Start the command in a job and stay until it ends or the app goes. Returns this process's exit code."""
        command, env = spec["command"], spec["env"]
        assert isinstance(command, list)
        assert isinstance(env, dict)
        job = _job()
        _leave_library_folder()
        spawned_ns = time.perf_counter_ns()
        try:
            process = subprocess.Popen(  # noqa: S603 - running a command is the job
                command,
                cwd=str(spec["cwd"]),
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                creationflags=subprocess.CREATE_NEW_PROCESS_GROUP | _CREATE_SUSPENDED,
            )
        except OSError as error:
            emit({"event": "failed", "stage": "exec", "errno": error.errno or 0, "reason": error.strerror or ""})
            return 0
        cpus = spec["cpus"]
        _enter(job, process, [int(cpu) for cpu in cpus] if isinstance(cpus, list) else [])
        emit({"event": "started", "pid": process.pid, "spawned_ns": spawned_ns})
        asked = threading.Event()
        threading.Thread(target=_obey, args=(rest, asked), daemon=True).start()
        threading.Thread(target=_relay, args=(process,), daemon=True).start()
        _wait(process, asked, float(str(spec["grace_s"])))
        ctypes.windll.kernel32.TerminateJobObject(wintypes.HANDLE(job), 1)
        emit({"event": "exited", "returncode": process.wait(), "left": []})
        emit({"event": "gone", "left": []})
        return 0

    def _obey(rest: bytes, asked: threading.Event) -> None:
        """Wait for the app's word, or for the end of its pipe."""
        data = rest
        while b'"stop"' not in data:
            more = os.read(0, 65536)
            if not more:
                break
            data += more
        asked.set()

    def _relay(process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            emit({"event": "stderr", "text": line.decode(errors="replace")})

    def _wait(process: subprocess.Popen[bytes], asked: threading.Event, grace_s: float) -> None:
        """Return when the server has ended, or its grace after being asked is over."""
        while process.poll() is None and not asked.wait(0.1):
            pass
        if process.poll() is None:
            # The only polite request that a console process can be sent.
            with contextlib.suppress(OSError):
                process.send_signal(signal.CTRL_BREAK_EVENT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(grace_s)
