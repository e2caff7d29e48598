"""Tells one program from another: what was made by one is not taken over by the other."""

import hashlib
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

import innergate

PLANNING = ("compile", "plans", "policy", "primitives", "resources", "wire", "xds")
"""The packages on which plans and their encoded form depend."""
LIBRARIES = ("botocore", "cbor2", "cryptography", "immutables", "jsonschema-rs", "msgspec", "protobuf")
"""What those packages use besides Python's own."""


@cache
def program_digest() -> str:
    """A digest of everything in the packages that make plans, of Python and of the libraries that they use."""
    root = Path(innergate.__file__).parent
    versions = (sys.version, *(f"{library} {version(library)}" for library in LIBRARIES))
    digest = hashlib.sha256("\0".join(versions).encode())
    for package in PLANNING:
        for path in sorted((root / package).rglob("*")):
            if path.suffix == ".pyc" or not path.is_file():
                continue
            content = path.read_bytes()
            digest.update(f"\0{path.relative_to(root)}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()
