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
    # rich shows objects of attrs, if it is there: for us it is, among the tools for tests.
    "attr", "attrs", "jsonschema", "referencing", "rpds", "cyclonedx",
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

# What must not be in the result, as parts of paths below it ("/name/" is a whole folder). The check after the build
# fails on any of them, and says the reason.
FORBIDDEN: Final = {
    "a part of Qt that nothing of ours uses": (
        "Qt6Qml", "Qt6Quick", "Qt6Designer", "Qt6WebEngine", "Qt6Sql", "Qt6Pdf", "Qt6Network", "Qt6Test", "Qt6Help",
        "Qt6VirtualKeyboard", "Qt6PrintSupport", "Qt6Multimedia", "QtQml", "QtQuick", "QtDesigner", "QtWebEngine",
        "QtSql", "QtNetwork", "/qml/", "/translations/",
    ),
    # A second copy of these beside the system's own is what breaks windows, fonts and drivers on other machines.
    "must be the system's own": (
        "libGL.so", "libGLX.so", "libEGL.so", "libOpenGL.so", "libgtk-3", "libgdk-3", "libgdk_pixbuf", "libgio-2",
        "libglib-2", "libgobject-2", "libgthread-2", "libcairo", "libpango", "libatk-", "libharfbuzz.so",
        "libfreetype.so", "libfontconfig", "libdbus-1", "libxcb", "libX11", "libxkbcommon", "libwayland-",
        "libstdc++.so", "libgcc_s.so", "libc.so.6", "libm.so.6", "libpthread.so", "libdl.so", "ld-linux",
    ),
    "a part of scipy that nothing of ours uses": ("scipy/stats", "scipy/optimize", "scipy/linalg", "scipy/sparse",
                                                  "scipy/signal", "scipy/spatial", "scipy/integrate"),
    "for developers": (
        "/tests/", "/_pytest/", "/pytest/", "/hypothesis/", "/mypy/", "/ruff", "/PyInstaller/",
        "/cyclonedx/", "/jsonschema/", "/pip/", "/setuptools/", "/pkg_resources/", "/idlelib/", "/tkinter/",
        "/ensurepip/", "/lib2to3/", "__pycache__", ".pyi", ".pxd", ".pth",
    ),
    "says where it was built": ("direct_url.json",),
}  # fmt: skip

# What must be in the result, as patterns of paths below it.
REQUIRED: Final = (
    "notices/THIRD-PARTY.txt", "notices/sbom.cdx.json", "notices/licences/LGPL-3.0-only.txt",
    "notices/licences/GPL-3.0-only.txt", "notices/licences/loadbench/LICENSE.txt",
    "_internal/loadbench-{version}.dist-info/METADATA", "_internal/profiles/*.toml",
    "_internal/resources/deployments/*/app.py", "_internal/resources/fonts/Inter-Regular.ttf",
    "_internal/resources/fonts/JetBrainsMono-Regular.ttf", "_internal/resources/icons/app.svg",
    "_internal/sanic/app.py", "_internal/tracerite/style.css", "_internal/certifi/cacert.pem",
    # The second client: imported when it is chosen, so nothing else would miss it.
    *(f"_internal/{package}/__init__.pyc" for package in ("httpx", "httpcore", "h2", "hpack", "hyperframe")),
    "_internal/httpcore/_async/http2.pyc", "_internal/h2/connection.pyc",
)  # fmt: skip
REQUIRED_ON: Final = {
    "linux": (
        "loadbench", "loadbench-gui", "_internal/PySide6/Qt/plugins/platforms/libqxcb.so",
        "_internal/PySide6/Qt/plugins/platforms/libqwayland.so",
        "_internal/PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "_internal/PySide6/Qt/plugins/platformthemes/libqxdgdesktopportal.so",
        "_internal/PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "_internal/PySide6/Qt/plugins/imageformats/libqsvg.so",
        "_internal/PySide6/Qt/plugins/iconengines/libqsvgicon.so",
    ),
    "win32": ("loadbench.exe", "loadbench-gui.exe", "_internal/PySide6/plugins/platforms/qwindows.dll",
              "_internal/PySide6/plugins/platforms/qoffscreen.dll"),
    "darwin": ("loadbench", "loadbench-gui", "_internal/PySide6/Qt/plugins/platforms/libqcocoa.dylib",
               "_internal/PySide6/Qt/plugins/platforms/libqoffscreen.dylib"),
}  # fmt: skip

# Files that keep a path of the build machine, and why that stays so.
MAY_NAME_THE_BUILD: Final = {
    "_sysconfigdata": "how the interpreter was built: its own record, which nothing of ours reads",
}

# Files of packages that only builds and type checkers read.
NEEDED_BY_NOBODY: Final = (".pyi", ".pxd", ".a", ".lib", ".h")

# Files of a package's metadata that say where it was built, or are needed by nobody.
# platformdirs' own bill is half a megabyte and lists nothing.
METADATA_LEFT_OUT: Final = ("direct_url.json", "RECORD", "INSTALLER", "REQUESTED", "platformdirs.cdx.json")

MB: Final = 1_000_000
COMPRESSED_LIMIT_MB: Final = 140
COMPRESSED_AIM_MB: Final = 110
UNPACKED_LIMIT_MB: Final = 420
UNPACKED_AIM_MB: Final = 330
# The oldest C library that the app may ask for: Debian 12's. The libraries of the machine that builds decide it.
GLIBC_LIMIT: Final = (2, 36)
FIRST_PAINT_LIMIT_S: Final = 3.0
