"""Filters mean what EC2's mean."""

import pytest

from innergate.primitives.fault import Fault
from innergate.services.ec2.filters import TAGS, select

TABLE = {"name": "Name", "part": "Parts.Id", "main": "Parts.Main", **TAGS}
ONE = {"Name": "a.b", "Parts": [{"Id": "p1", "Main": True}], "Tags": [{"Key": "Team", "Value": "red"}]}
TWO = {"Name": "a*b", "Parts": [{"Id": "p2", "Main": False}, {"Id": "q3"}], "Tags": []}


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("name", ["a.b"], [ONE]),
        ("name", ["a?b"], [ONE, TWO]),
        ("name", ["a\\*b"], [TWO]),
        ("name", ["A.B"], []),
        ("name", ["x", "a.*"], [ONE]),
        ("part", ["p*"], [ONE, TWO]),
        ("main", ["true"], [ONE]),
        ("tag:Team", ["r?d"], [ONE]),
        ("tag:team", ["red"], []),
        ("tag-key", ["Team"], [ONE]),
        ("name", [], []),
    ],
)
def test_one_filter(name: str, values: list[str], found: list[dict[str, object]]) -> None:
    assert select([ONE, TWO], [{"Name": name, "Values": values}], TABLE) == found


def test_filters_are_joined_by_and() -> None:
    both = [{"Name": "name", "Values": ["a*"]}, {"Name": "part", "Values": ["q3"]}]
    assert select([ONE, TWO], both, TABLE) == [TWO]


def test_an_unknown_filter_is_refused() -> None:
    with pytest.raises(Fault) as caught:
        select([ONE], [{"Name": "colour", "Values": ["red"]}], TABLE)
    assert (caught.value.code, caught.value.message) == ("InvalidParameterValue", "The filter 'colour' is invalid")


def test_tags_are_unknown_where_documents_have_none() -> None:
    with pytest.raises(Fault):
        select([ONE], [{"Name": "tag:Team", "Values": ["red"]}], {"name": "Name"})
