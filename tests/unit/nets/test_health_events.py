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
    assert event == TargetHealthSeen(
        cluster="c", address="10.0.0.5", port=80, is_healthy=False, failure="NETWORK_TIMEOUT"
    )
    healthy = parse_event(line(80, add_healthy_event={"first_check": True}))
    assert healthy == TargetHealthSeen(cluster="c", address="10.0.0.5", port=80, is_healthy=True)


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
