"""Words of the window that are not figures, in one place."""

from __future__ import annotations

from typing import Final

APP: Final = "loadbench"
COMPARE_THREE: Final = "Compare the bundled three"
COMPARE_THESE: Final = "Compare these"
HOME_QUESTION: Final = "Which deployment is better, and can you believe it?"
HOME_OFFER: Final = (
    "Compare the bundled FastAPI, Starlette and Sanic servers on this machine: real servers, real traffic, "
    "about 90 seconds."
)
START_FROM: Final = "Start from"
RECENT: Final = "Recent"
NO_RECENT: Final = "Nothing has been compared yet. The button above starts the first comparison."
HOME_HINTS: Final = "Drop a profile here          Ctrl+O open a profile          Ctrl+K everything"

LIVE_EMPTY: Final = "Nothing is running"
LIVE_EMPTY_WHY: Final = "Latency, throughput, memory and errors are drawn here while servers are being compared."
GETTING_READY: Final = "Getting ready"
NOTHING_MEASURED: Final = "Nothing was measured"
NOTHING_YET: Final = "Nothing measured yet"
ENDED_EARLY: Final = "stopped before anything was measured"
ENDED_BY_FAULT: Final = "could not go on: {reason}"
ENDED_BY_BUG: Final = "broke off: something went wrong inside loadbench"
PAUSE: Final = "Pause view"
RESUME: Final = "Resume view"
PAUSE_HINT: Final = "Hold the picture still; the test goes on (Ctrl+P)"
STOP: Final = "Stop"
STOPPING: Final = "Stopping…"
STOP_HINT: Final = "End the comparison; what was measured is kept (Ctrl+.)"

COMPARE_EMPTY: Final = "No comparison is open"
COMPARE_EMPTY_WHY: Final = "The verdict appears here, with its intervals and the evidence, when a comparison ends."
RUN_AGAIN: Final = "Run again"
EXPORT: Final = "Export report"
COPY_COMMAND: Final = "Copy command"

HISTORY_EMPTY: Final = "Nothing has been measured yet"
HISTORY_EMPTY_WHY: Final = "Every comparison is kept here, also one that was stopped in the middle."

DIAGNOSTICS_INTRO: Final = (
    "What loadbench is running on, and anything that went wrong inside it. Copy it into a bug report."
)
LICENCES: Final = "MIT licence. It is made with Qt (LGPL 3) and the work of others; their licences: {folder}"
LICENCES_OF_PACKAGES: Final = "in the metadata of each installed package"
QUIET: Final = "Nothing has gone wrong since the window was opened."

CLOSE_QUESTION: Final = "A comparison is running"
CLOSE_DETAIL: Final = "Closing stops it and the servers it started. What was measured so far is kept."
CLOSE_YES: Final = "Stop and close"
CLOSE_NO: Final = "Keep running"
CLOSE_MOOT: Final = "The comparison has ended meanwhile."
CLOSE_MOOT_WHY: Final = "Nothing is running any more: close the window again to quit."
CLOSING: Final = "Stopping servers and workers…"

REMOTE_QUESTION: Final = "Send traffic to another machine?"
REMOTE_YES: Final = "Send it"
REMOTE_NO: Final = "Do not send"
