"""Models that refer to each other: `{"$ref": "https://apigateway.amazonaws.com/restapis/<api>/models/<Name>"}`
(developer guide, "Data models for REST APIs")."""

import json
import re
from collections.abc import Mapping
from typing import Any

_MODEL = re.compile(r"https://apigateway\.amazonaws\.com/restapis/[^/]+/models/([A-Za-z0-9]+)(#.*)?")
_PLACE = "x-models"


def inline_models(name: str, schemas: Mapping[str, str]) -> dict[str, Any]:
    """One schema in which references to models stay inside it. Raises ValueError where a schema is no JSON object, or where a
    reference leads out of the API."""
    wanted = [name]
    ready: dict[str, Any] = {}
    while wanted:
        current = wanted.pop()
        if current in ready:
            continue
        if current not in schemas:
            raise ValueError(f"there is no model {current}")
        schema: Any = json.loads(schemas[current])
        if not isinstance(schema, dict):
            raise ValueError(f"the schema of {current} is no object")
        ready[current] = _rewritten(schema, current, wanted)
    return {"$ref": f"#/{_PLACE}/{name}", _PLACE: ready}


def _rewritten(node: Any, model: str, wanted: list[str]) -> Any:
    """The node with its references rewritten; models that it refers to are put on the list."""
    if isinstance(node, list):
        return [_rewritten(item, model, wanted) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _rewritten(value, model, wanted) for key, value in node.items() if not _names_itself(key, value)}
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return kept
    found = _MODEL.fullmatch(reference)
    if found is not None:
        wanted.append(found[1])
        return {"$ref": f"#/{_PLACE}/{found[1]}{(found[2] or '#')[1:]}"}
    if reference.startswith("#"):
        wanted.append(model)
        return {"$ref": f"#/{_PLACE}/{model}{reference[1:]}"}
    raise ValueError(f"the reference {reference} leads out of the API")


def _names_itself(key: str, value: Any) -> bool:
    """What would make references be resolved elsewhere. Properties may have these names too: then the value is a schema."""
    return key in ("$ref", "id", "$schema") and isinstance(value, str)
