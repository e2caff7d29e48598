"""PATCH as API Gateway does it: a list of operations on paths, applied in order, all or none.

Each resource says which paths it has; this module reads the operations and words the refusals. Two dialects of errors exist:
the strict one lists the allowed paths (resources, models, validators, documentation parts, API keys), the other names the path.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from innergate.services.apigateway.faults import bad_request, not_found
from innergate.services.context import Params

T = TypeVar("T")
NO_PARAMETER = "Invalid parameter name specified"
NO_CONTENT_TYPE = "Content-Type specified was not found"


class Patch(NamedTuple):
    """One operation. `segments` is the path split at "/", with ~1 and ~0 undone; `value` and `source` (the member `from`)
    are None where absent."""

    op: str
    path: str
    segments: tuple[str, ...]
    value: str | None
    source: str | None

    @property
    def text(self) -> str:
        """The value, "" where there is none."""
        return self.value or ""


def read_patches(params: Params) -> list[Patch]:
    """The operations of `patchOperations`. Raises Fault BadRequestException for one without a path."""
    return [_read(operation) for operation in params.get("patchOperations") or ()]


def _read(operation: Mapping[str, str | None]) -> Patch:
    path = operation.get("path")
    if path is None:
        raise bad_request("Invalid patch path null")
    if not path.startswith("/"):
        raise bad_request(f"Invalid patch path {path}")
    return Patch(operation.get("op") or "", path, split_pointer(path), operation.get("value"), operation.get("from"))


def split_pointer(path: str) -> tuple[str, ...]:
    """The segments of a JSON pointer (RFC 6901), unescaped."""
    return tuple(segment.replace("~1", "/").replace("~0", "~") for segment in path.split("/")[1:])


def invalid_path(patch: Patch) -> Exception:
    """The fault for a path that the resource does not have."""
    return bad_request(f"Invalid patch path {patch.path}")


def require_op(patch: Patch, *allowed: str) -> None:
    """Raises Fault BadRequestException unless the operation is one of `allowed`."""
    if patch.op not in allowed:
        raise bad_request(f"Invalid patch operation specified. Must be one of: [{', '.join(allowed)}]")


def require_listed(patch: Patch, replaceable: Sequence[str]) -> None:
    """The strict dialect: only `replace`, only on the paths of `replaceable`. Raises Fault BadRequestException."""
    if patch.op != "replace":
        raise bad_request(
            f"Invalid patch path  '{patch.path}' specified for op '{patch.op}'. Please choose supported operations"
        )
    if patch.path not in replaceable:
        raise bad_request(
            f"Invalid patch path  '{patch.path}' specified for op 'replace'. Must be one of: [{', '.join(replaceable)}]"
        )


def patch_entry(
    entries: Mapping[str, T] | None, patch: Patch, name: str, absent: str, read: Callable[[Patch], T]
) -> dict[str, T]:
    """The entries with that of `name` added, replaced or removed; `read` gives its new value. Raises Fault NotFoundException
    with `absent` where there is none to replace or remove."""
    require_op(patch, "add", "remove", "replace")
    changed = dict(entries or {})
    if patch.op != "add" and name not in changed:
        raise not_found(absent)
    if patch.op == "remove":
        del changed[name]
    else:
        changed[name] = read(patch)
    return changed


def read_bool(text: str | None) -> bool:
    """AWS reads everything but "true" (in any case) as false."""
    return (text or "").lower() == "true"


def read_int(text: str | None, refusal: str) -> int:
    """A whole number, also where it is written as "100.000000". Raises Fault BadRequestException with `refusal`."""
    number = read_number(text, refusal)
    if number != int(number):
        raise bad_request(refusal)
    return int(number)


def read_number(text: str | None, refusal: str) -> float:
    """A finite number. Raises Fault BadRequestException with `refusal`."""
    try:
        number = float(text or "")
    except ValueError:
        raise bad_request(refusal) from None
    if number != number or number in (float("inf"), float("-inf")):
        raise bad_request(refusal)
    return number
