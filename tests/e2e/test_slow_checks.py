"""What a target that keeps its first health check waiting does to others: nothing for long."""

from tests.e2e.balancer_lab import Lab

from innergate.driver.platform import RunningPlatform

WAITS_S = 60


def test_a_hanging_health_check_holds_up_no_other_tenants_changes() -> None:
    """Envoy acknowledges no clusters until each new one's targets have been checked once; a check may take two minutes."""
    with RunningPlatform(concurrency=1) as platform:
        bob, alice = Lab(platform, "bob"), Lab(platform, "alice")
        platform.settle()
        hanging = bob.group(
            ["a1"],
            HealthCheckProtocol="HTTP",
            HealthCheckPath=f"/slow/{WAITS_S}",
            HealthCheckTimeoutSeconds=WAITS_S,
            HealthCheckIntervalSeconds=WAITS_S + 10,
        )
        bob.balancer(hanging)
        platform.settle()
        balancer = alice.balancer(alice.group(["a1"]))
        platform.settle()
        assert alice.ask(f"http://{balancer.dns_name}/")["status"] == 200
        (state, _, _) = bob.health(hanging).popitem()[1]
        assert state == "initial"
