"""Documents: what processes on a node read, each a file of its own. A reader looks at a document whenever it uses it.

The agent writes a document before Envoy learns of the revision that made it, and deletes it once Envoy has let go of it.
"""

from typing import NamedTuple

import msgspec

STAGES = "stages"
"""What the runtime's workers execute: one document a stage (see `plans.runtime`)."""
FUNCTIONS = "functions"
"""What the functions' supervisor runs: one document a function (see `plans.functions`)."""


class DocumentName(NamedTuple):
    """`kind` is the folder, `name` the file in it: letters, digits and `-_.` only."""

    kind: str
    name: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One file, whole."""

    name: DocumentName
    body: bytes
