"""Lines of the log of failures as Envoy writes them."""

from innergate.compile.emit.envoy.failure_lines import FAILURE_FIELDS
from innergate.compile.emit.envoy.file_logs import NOTHING, SEPARATOR
from innergate.observe.failures import Failure, read_failure

REFUSED = {
    "request_id": "0b8b7a1e-52f6-4be2-8f7e-3a4c1f0f1d11",
    "extended_id": "0b8b7a1e-52f6-4b",
    "epoch_ms": "1795404190210",
    "status": "403",
    "error_type": "ForbiddenException",
    "details": "route_not_found",
    "latency_ms": "1",
    "verb": "GET",
    "source": "10.0.1.9",
}


def line(**fields: str) -> bytes:
    """A line; what is not named has no value."""
    said = REFUSED | fields
    assert said.keys() <= FAILURE_FIELDS.keys()
    return SEPARATOR.join(said.get(name, NOTHING) for name in FAILURE_FIELDS).encode()


def failure(**fields: str) -> Failure:
    """What such a line says."""
    found = read_failure(line(**fields))
    assert found is not None
    return found
