"""A stage's quotas, for the workers that count."""

import msgspec

from innergate.compile.resolve.api_blueprint import StageBlueprint
from innergate.plans.documents import Document, DocumentName
from innergate.plans.usage import USAGE, StageUsage, usage_document_name

_ENCODER = msgspec.json.Encoder()


def has_quotas(blueprint: StageBlueprint) -> bool:
    """Whether calls of the stage are counted."""
    return any(key.quota is not None for key in blueprint.keys)


def usage_documents(blueprint: StageBlueprint) -> tuple[Document, ...]:
    """The document, where a key of the stage has a quota."""
    keys = {key.key_id: key.quota for key in blueprint.keys if key.quota is not None}
    if not keys:
        return ()
    name = DocumentName(USAGE, usage_document_name(blueprint.api_id, blueprint.stage))
    return (Document(name=name, body=_ENCODER.encode(StageUsage(keys=keys))),)
