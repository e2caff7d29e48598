"""What IAM is asked about an EC2 call."""

from pathlib import Path
from typing import Any

from innergate.primitives.ids import Region
from innergate.services.context import Context
from innergate.services.ec2.operations import OPERATIONS
from innergate.testing.services import ServiceHarness, root_caller


def asked(tmp_path: Path, operation: str, **params: Any) -> Any:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    with harness.store.reading() as tx:
        context = Context(
            caller=root_caller("111122223333"),
            region=Region("us-east-1"),
            request_id="",
            tx=tx,
            clock=harness.clock,
            ids=harness.ids,
            observations=harness.store,
            logs=harness.logs,
        )
        result = OPERATIONS[operation].resource(context, params)
    harness.store.close()
    return result


def test_an_operation_on_one_resource(tmp_path: Path) -> None:
    assert asked(tmp_path, "DeleteVpc", VpcId="vpc-1") == "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1"


def test_describing_has_no_resource_level(tmp_path: Path) -> None:
    assert asked(tmp_path, "DescribeVpcs", VpcIds=["vpc-1"]) == "*"


def test_tags_name_every_resource_by_its_type(tmp_path: Path) -> None:
    stem = "arn:aws:ec2:us-east-1:111122223333"
    assert asked(tmp_path, "CreateTags", Resources=["tgw-attach-1", "tgw-1", "vpce-svc-1", "vpce-1"]) == [
        f"{stem}:transit-gateway-attachment/tgw-attach-1",
        f"{stem}:transit-gateway/tgw-1",
        f"{stem}:vpc-endpoint-service/vpce-svc-1",
        f"{stem}:vpc-endpoint/vpce-1",
    ]
