"""How long a text in a call may be. AWS's model names few limits, and everything that an API says is kept in memory by control,
and by Envoy on every node, for all tenants.
"""

from collections.abc import Mapping
from typing import Any

from innergate.primitives.fault import Fault
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import MODEL_MAX_BYTES
from innergate.services.context import Context, Params, Result
from innergate.services.node_calls import NodeCall
from innergate.services.operation import Run

TEXT_MAX = 10_240
"""Letters: as much as a request's line and headers may have at all (API Gateway quotas)."""
DOCUMENT_MAX = MODEL_MAX_BYTES
"""Of templates and models, and of what stands for one."""
_DOCUMENTS = frozenset(
    {"body", "policy", "properties", "requestTemplates", "responseTemplates", "schema", "stageVariables"}
)
"""Members that hold documents."""


def with_checked_sizes(run: Run) -> Run:
    """The operation, which raises Fault BadRequestException where a text is too long."""

    def checked(context: Context, params: Params) -> Result | NodeCall | None:
        fault = _too_long(params)
        if fault is not None:
            raise fault
        return run(context, params)

    return checked


def _too_long(params: Params) -> Fault | None:
    ahead: list[tuple[str, Any]] = [(name, value) for name, value in params.items() if name != "patchOperations"]
    for patch in params.get("patchOperations") or ():
        path = str(patch.get("path") or "")
        named = next((segment for segment in path.split("/") if segment in _DOCUMENTS), "value")
        ahead += [("path", path), ("from", patch.get("from")), (named, patch.get("value"))]
    while ahead:
        name, value = ahead.pop()
        if isinstance(value, str):
            most = DOCUMENT_MAX if name in _DOCUMENTS else TEXT_MAX
            if len(value) > most:
                return bad_request(f"Invalid request input: {name} can have at most {most} characters")
        elif isinstance(value, Mapping):
            inside = name in _DOCUMENTS
            ahead += [(name if inside else str(key), inner) for key, inner in value.items()]
            ahead += [("key", str(key)) for key in value]
        elif isinstance(value, list | tuple):
            ahead += [(name, inner) for inner in value]
    return None
