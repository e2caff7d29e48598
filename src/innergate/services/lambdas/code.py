"""The code of a function: a zip file, looked through before it is kept."""

import base64
import io
import zipfile
from typing import NamedTuple

from innergate.services.context import Context, Params
from innergate.services.lambdas.faults import invalid

MAX_UNZIPPED_BYTES = 262_144_000
"""Deployment package, unzipped (Lambda Developer Guide, "Lambda quotas")."""
MAX_ZIPPED_BYTES = 50 * 1024 * 1024
MAX_FILES = 100_000
MAX_DEPTH = 64
"""Of a file, in folders: each costs something with every file."""


class Code(NamedTuple):
    """A kept package."""

    digest: str
    size: int


def sha256_text(digest: str) -> str:
    """`CodeSha256` of a package."""
    return base64.b64encode(bytes.fromhex(digest)).decode()


def keep_code(context: Context, code: Params) -> Code:
    """The package, checked and durable. Raises Fault InvalidParameterValueException."""
    if code.get("ImageUri"):
        # AWS differs: container images are refused; functions are zip packages.
        raise invalid("Container images are not available here; send a package as ZipFile.")
    if "ZipFile" not in code:
        if code.get("S3Bucket"):
            # AWS differs: packages in S3 are refused; send them as ZipFile.
            raise invalid(
                "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does "
                "not exist"
            )
        raise invalid("Please provide a source for function code.")
    data = bytes(code["ZipFile"])
    check_zip(data)
    return Code(context.blobs.put(data), len(data))


def check_zip(data: bytes) -> None:
    """Raises Fault InvalidParameterValueException for what is no package."""
    if not data:
        raise invalid("Uploaded file must be a non-empty zip")
    if len(data) > MAX_ZIPPED_BYTES:
        raise invalid(f"Zipped size must be smaller than {MAX_ZIPPED_BYTES} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError):
        raise _unreadable() from None
    if not entries:
        raise invalid("Uploaded file must be a non-empty zip")
    if len(entries) > MAX_FILES or any(_leads_out(entry.filename) or entry.flag_bits & 1 for entry in entries):
        raise _unreadable()
    if sum(entry.file_size for entry in entries) >= MAX_UNZIPPED_BYTES:
        raise invalid(f"Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes")


def _leads_out(name: str) -> bool:
    parts = name.split("/")
    return name.startswith("/") or "\\" in name or ".." in parts or "\0" in name or len(parts) > MAX_DEPTH


def _unreadable() -> Exception:
    return invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
