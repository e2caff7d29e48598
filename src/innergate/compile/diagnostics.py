"""Why something was left out of a plan."""

from typing import Literal, TypeAlias

import msgspec

Severity: TypeAlias = Literal["warning", "error"]


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """`subject` is the kind and id of what was left out (say "stage/abc/test"); `code` one word for machines
    ("CompileFailure", "Conflict", "Unsupported" ...); `fix` what to do about it, if anybody can."""

    subject: str
    code: str
    message: str
    severity: Severity = "error"
    fix: str = ""
