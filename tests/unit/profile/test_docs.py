"""docs/profiles.md says what the schema says: every key, every default, and examples that load."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from loadbench_gui.core.template import KNOWN
from loadbench_gui.profile.bundled import bundled
from loadbench_gui.profile.json_schema import json_schema
from loadbench_gui.profile.loader import load_text
from loadbench_gui.profile.schema import SECTIONS, Table, key_names
from loadbench_gui.profile.units import seconds

DOCS = Path(__file__).parents[3] / "docs" / "profiles.md"
HEADINGS = {
    "ProfileTable": "## The file",
    "DeploymentTable": "## `[[deployment]]` and `[defaults]`",
    "ReadyTable": "### `ready`",
    "StopTable": "### `stop`",
    "MetricsTable": "### `metrics`",
    "WorkloadTable": "## `[[workload]]`",
    "RequestTable": "### `request`",
    "StreamTable": "### `stream`",
    "SocketTable": "### `websocket`",
    "AlsoTable": "### `also`",
    "ExpectTable": "### `expect`",
    "LoadTable": "### `load`",
    "StageTable": "### `load.stages`",
    "SloTable": "## `[slo]`",
    "ComparisonTable": "## `[comparison]`",
    "GeneratorTable": "## `[generator]`",
}
TABLES = {table.__name__: table for _, table in SECTIONS if table.__name__ != "Defaults"}


def rows(heading: str) -> dict[str, tuple[str, str, str]]:
    """Return key -> (type, default, meaning) of the table under a heading."""
    section = DOCS.read_text("utf-8").split(f"\n{heading}\n")[1]
    section = re.split(r"\n#+ ", section)[0]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if "| `" in line]
    return {cell[0].strip("| `"): (cell[1], cell[2], cell[3]) for cell in cells}


@pytest.mark.parametrize("name", TABLES)
def test_every_key_is_documented_and_nothing_else(name: str) -> None:
    assert set(rows(HEADINGS[name])) == set(key_names(TABLES[name]))


@pytest.mark.parametrize("name", TABLES)
def test_documented_defaults_are_the_schemas(name: str) -> None:
    table: type[Table] = TABLES[name]
    documented = rows(HEADINGS[name])
    for field, info in table.model_fields.items():
        kind, default, _ = documented[info.alias or field]
        if info.is_required():
            assert default == "required"
        elif kind == "duration" and isinstance(info.default, float):
            assert seconds(json.loads(default)) == info.default
        elif isinstance(info.default, str) and info.default:
            assert json.loads(default) == info.default
        elif info.default is False:
            assert default == "false"
        else:
            assert default != "required"


def test_every_example_loads(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("id,name\n1,Ada\n")
    (tmp_path / "tls").mkdir()
    for name in ("ca.pem", "client.pem", "client.key"):
        (tmp_path / "tls" / name).write_text("")

    plans = [
        load_text(example, tmp_path / f"{number}.toml")
        for number, example in enumerate(re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL))
    ]

    assert len(plans) == 6
    assert plans[0].name == "Checkout: two versions"


def test_every_placeholder_is_documented() -> None:
    documented = re.findall(r"^\| `\$\{([a-z]+)", DOCS.read_text("utf-8"), re.MULTILINE)

    assert set(documented) == set(KNOWN)


def test_every_shipped_profile_is_listed() -> None:
    text = DOCS.read_text("utf-8")

    assert all(f"| `{one.name}` |" in text for one in bundled())


def test_the_json_schema_describes_every_key() -> None:
    schema = json.loads(json_schema())

    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(key_names(TABLES["ProfileTable"]))
    properties = {name: set(part["properties"]) for name, part in schema["$defs"].items()}
    assert properties["LoadTable"] == set(key_names(TABLES["LoadTable"]))
    assert "json" in properties["RequestTable"]
    described = [
        {"description", "$ref"} & set(key) for part in schema["$defs"].values() for key in part["properties"].values()
    ]
    assert all(described)
