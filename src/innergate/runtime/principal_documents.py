"""The principals that a worker knows: a key that control has taken away is unknown at once."""

import re
from collections.abc import Callable
from pathlib import Path

from innergate.plans.principals import RuntimePrincipal
from innergate.runtime.document_reader import DocumentReader

_KEY_ID = re.compile(r"[A-Z0-9]{16,128}")


def find_principals(folder: Path) -> Callable[[str], RuntimePrincipal | None]:
    """Says whose an access key id is; None where it is nobody's, or no key id at all."""
    documents = DocumentReader(folder, RuntimePrincipal)

    def find(access_key_id: str) -> RuntimePrincipal | None:
        return documents.find(access_key_id) if _KEY_ID.fullmatch(access_key_id) else None

    return find
