"""The table against botocore's model, and against the list of what is missing."""

from pathlib import Path

from botocore.session import Session

from innergate.services.ec2.operations import OPERATIONS

MISSING = Path(__file__).parents[3] / "ratchets" / "ec2_missing.txt"


def test_the_list_of_missing_operations_is_exact() -> None:
    model = set(Session().get_service_model("ec2").operation_names)
    assert set(OPERATIONS) <= model
    missing = "".join(f"{name}\n" for name in sorted(model - set(OPERATIONS)))
    assert MISSING.read_text() == missing, (
        f"{MISSING.name} must name the operations that are not in the table; it may only shrink"
    )


def test_describing_operations_do_not_write() -> None:
    reading = ("Describe", "Get", "Search")
    for name, operation in OPERATIONS.items():
        assert operation.writes is not name.startswith(reading), name
