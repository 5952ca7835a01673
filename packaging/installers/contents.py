"""What goes into the frozen app and what stays out: tables, read by the spec and by the checks of its result."""

from __future__ import annotations

from typing import Final

# Import packages that are found only by name at run time: servers that a profile starts, and what they load.
SERVERS: Final = ("fastapi", "starlette", "sanic", "sanic_routing", "uvicorn", "tracerite", "html5tagger")
ALSO: Final = ("python_multipart", "ujson", "aiofiles", "tree_sitter_toml")

# Sanic and its error pages read their own source.
AS_SOURCE: Final = ("sanic", "tracerite")

# Modules that something imports in some case that is not ours.
LEFT_OUT: Final = (
    *(f"PySide6.{name}" for name in ("QtQml", "QtQuick", "QtQuickWidgets", "QtDesigner", "QtUiTools", "QtNetwork",
                                     "QtTest", "QtSql", "QtHelp", "QtPrintSupport")),
    *(f"scipy.{name}" for name in ("cluster", "constants", "datasets", "differentiate", "fft", "fftpack", "integrate",
                                   "interpolate", "io", "linalg", "misc", "ndimage", "odr", "optimize", "signal",
                                   "sparse", "spatial", "stats")),
    "numpy.distutils", "pyqtgraph.examples", "pyqtgraph.opengl", "pydantic.v1", "pydantic.mypy",
    "tkinter", "turtle", "idlelib", "lib2to3", "ensurepip", "curses", "readline", "rlcompleter",
    "pip", "setuptools", "pkg_resources", "wheel", "pytest", "_pytest", "hypothesis", "mypy", "ruff", "build",
    "PyInstaller", "IPython", "matplotlib", "cupy", "numba", "OpenGL", "sanic_testing", "sanic_ext",
)  # fmt: skip

# Qt's plug-ins that a window of ours can use; every other one is left out. `platformthemes` follow the system's
# colours. Names are those of the files without `lib` and ending.
QT_PLUGINS: Final = {
    "platforms": ("qxcb", "qwayland", "qoffscreen", "qminimal", "qwindows", "qcocoa"),
    "platformthemes": None,  # all of them
    "platforminputcontexts": ("composeplatforminputcontextplugin", "ibusplatforminputcontextplugin"),
    "styles": None,
    "iconengines": ("qsvgicon",),
    "imageformats": ("qsvg", "qico", "qicns", "qjpeg"),
    "xcbglintegrations": None,
    "wayland-decoration-client": None,
    "wayland-graphics-integration-client": ("qt-plugin-wayland-egl",),
    "wayland-shell-integration": ("xdg-shell",),
}

# Shared libraries of the build machine that go along, because Python's own modules need them and distributions differ
# in which version they have. Every other library outside the wheels is the system's own: graphics, fonts, D-Bus.
CARRIED_LIBRARIES: Final = ("libpython3", "libssl", "libcrypto", "libffi", "libsqlite3", "libbz2", "liblzma", "libz",
                            "libuuid", "libmpdec", "libzstd")  # fmt: skip

# What must not be in the result, as parts of paths below it. The check after the build fails on any of them.
FORBIDDEN: Final = ("Qt6Qml", "Qt6Quick", "Qt6Designer", "Qt6WebEngine", "Qt6Sql", "libgtk-3", "libGL.so", "libEGL.so",
                    "libstdc++.so", "libxcb", "libX11", "libfontconfig", "libglib-2", "scipy/stats", "scipy/optimize",
                    "/tests/", "/translations/", "_pytest", "hypothesis", "mypy/", "PyInstaller/",
                    "direct_url.json")  # fmt: skip

# Files of a package's metadata that say where it was built, or are needed by nobody.
METADATA_LEFT_OUT: Final = ("direct_url.json", "RECORD", "INSTALLER", "REQUESTED")

MIB: Final = 1024 * 1024
COMPRESSED_LIMIT_MIB: Final = 140
UNPACKED_LIMIT_MIB: Final = 420
FIRST_PAINT_LIMIT_S: Final = 3.0
