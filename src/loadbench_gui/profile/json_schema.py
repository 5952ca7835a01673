"""Profile schema 1 as JSON Schema: editors complete and check profiles with it (`loadbench profile schema`)."""

from __future__ import annotations

import json

from loadbench_gui.profile.schema import ProfileTable


def json_schema() -> str:
    """Return the JSON Schema (draft 2020-12) as indented text. What spans several keys is not part of it."""
    schema = ProfileTable.model_json_schema(by_alias=True, mode="validation")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"
