"""Writes the schemas and resource types that scim2-server serves, with one extension of users more.

usage: declare_extension.py FOLDER

What the server comes with is read from its package; the extension is the one that the tests call their own: a text `desk`
and a truth value `onCall`. FOLDER gets `schemas.json` and `resource-types.json`.
"""

import json
import sys
from importlib.resources import files
from pathlib import Path

URN = "urn:ietf:params:scim:schemas:extension:helpdesk:2.0:User"


def attribute(name, kind):
    properties = {"name": name, "type": kind, "multiValued": False, "required": False}
    return properties | {"caseExact": False, "mutability": "readWrite", "returned": "default", "uniqueness": "none"}


def served(name):
    return json.loads((files("scim2_server") / "resources" / name).read_text())


folder = Path(sys.argv[1])
schemas = served("default-schemas.json")
schemas.append(
    {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": URN,
        "name": "HelpdeskUser",
        "description": "What a help desk knows of a user",
        "attributes": [attribute("desk", "string"), attribute("onCall", "boolean")],
    }
)
types = served("default-resource-types.json")
for resource_type in types:
    if resource_type["endpoint"] == "/Users":
        resource_type.setdefault("schemaExtensions", []).append({"schema": URN, "required": False})
(folder / "schemas.json").write_text(json.dumps(schemas))
(folder / "resource-types.json").write_text(json.dumps(types))
