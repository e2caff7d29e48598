import json
from pathlib import Path

from innergate.nets import health_events
from innergate.nets.health_events import HealthEvents, parse_event
from innergate.plans.node_messages import TargetHealthSeen


def line(port: int, **fields: object) -> bytes:
    host = {"socket_address": {"address": "10.0.0.5", "port_value": port, "protocol": "TCP"}}
    return json.dumps({"health_checker_type": "HTTP", "host": host, "cluster_name": "c", **fields}).encode() + b"\n"


def test_reads_only_what_was_added_and_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "health.jsonl"
    events = HealthEvents(path)
    assert events.read() == []
    path.write_bytes(line(1, add_healthy_event={"first_check": True}) + line(2, eject_unhealthy_event={})[:20])
    assert [event.port for event in events.read()] == [1]
    with path.open("ab") as file:
        file.write(line(2, eject_unhealthy_event={})[20:])
    assert [event.port for event in events.read()] == [2]
    assert events.read() == []


def test_cuts_a_large_file_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "health.jsonl"
    events = HealthEvents(path)
    padding = line(9, add_healthy_event={}) * (health_events.LIMIT_BYTES // 150)
    path.write_bytes(padding)
    assert len(events.read()) == health_events.LIMIT_BYTES // 150
    assert path.stat().st_size == 0
    with path.open("ab") as file:
        file.write(line(3, add_healthy_event={}))
    assert [event.port for event in events.read()] == [3]


def test_says_why_a_target_failed() -> None:
    event = parse_event(line(80, eject_unhealthy_event={"failure_type": "NETWORK_TIMEOUT"}))
    assert event == (seen(failure="NETWORK_TIMEOUT"), "ejected")
    healthy = parse_event(line(80, add_healthy_event={"first_check": True}))
    assert healthy == (seen(), "healthy")
    failed = parse_event(line(80, health_check_failure_event={"failure_type": "ACTIVE", "http_status_code": 503}))
    assert failed == (seen(failure="ACTIVE", status=503), "failed")


def seen(failure: str = "", status: int = 0) -> TargetHealthSeen:
    return TargetHealthSeen(
        cluster="c", address="10.0.0.5", port=80, is_healthy=not failure, failure=failure, http_status=status
    )


def read(tmp_path: Path, *lines: bytes) -> list[TargetHealthSeen]:
    path = tmp_path / "health.jsonl"
    path.write_bytes(b"".join(lines))
    return HealthEvents(path).read()


FAILED = line(80, health_check_failure_event={"failure_type": "ACTIVE", "http_status_code": 503})
EJECTED = line(80, eject_unhealthy_event={"failure_type": "ACTIVE"})
HEALTHY = line(80, add_healthy_event={})


def test_a_failure_below_the_threshold_changes_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, HEALTHY, FAILED, FAILED) == [seen()]
    assert read(tmp_path, HEALTHY, EJECTED, HEALTHY, FAILED) == [seen(), seen("ACTIVE"), seen()]


def test_an_ejection_is_told_with_its_reason(tmp_path: Path) -> None:
    assert read(tmp_path, HEALTHY, FAILED, EJECTED, FAILED) == [seen(), seen("ACTIVE", 503)]
    assert read(tmp_path, EJECTED, FAILED, FAILED) == [seen("ACTIVE", 503)]


def test_a_first_check_that_fails_counts(tmp_path: Path) -> None:
    first = line(80, health_check_failure_event={"failure_type": "NETWORK", "first_check": True})
    assert read(tmp_path, first) == [seen("NETWORK")]
    assert read(tmp_path, first, FAILED, HEALTHY) == [seen("ACTIVE", 503), seen()]


def test_leaves_out_what_says_nothing() -> None:
    for text in (
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        line(1, degraded_healthy_host={}),
        b'{"host": 3, "cluster_name": "c"}',
    ):
        assert parse_event(text) is None
