"""Nulls in JSON bodies: absent, but in the maps where AWS gives them a meaning."""

from typing import Any

import pytest
from botocore.session import Session

from innergate.wire.json_body import parse_members, render_members

MODEL = Session().get_service_model("apigateway")
SPARSE = [
    ("PutIntegrationRequest", "requestTemplates"),
    ("PutIntegrationResponseRequest", "responseTemplates"),
    ("Integration", "requestTemplates"),
    ("IntegrationResponse", "responseTemplates"),
]


def shape(name: str) -> Any:
    return MODEL.shape_for(name)


@pytest.mark.parametrize(("struct", "member"), SPARSE[:2])
def test_empty_templates_are_read(struct: str, member: str) -> None:
    raw = {member: {"application/json": None, "text/plain": "x"}}
    assert parse_members("rest-json", shape(struct), raw)[member] == {"application/json": None, "text/plain": "x"}


@pytest.mark.parametrize(("struct", "member"), SPARSE[2:])
def test_empty_templates_are_written(struct: str, member: str) -> None:
    value = {member: {"application/json": None, "text/plain": "x"}}
    assert render_members(shape(struct), value)[member] == {"application/json": None, "text/plain": "x"}


def test_other_maps_have_no_nulls() -> None:
    raw = {"requestParameters": {"a": None, "b": "c"}, "uri": None}
    assert parse_members("rest-json", shape("PutIntegrationRequest"), raw) == {"requestParameters": {"b": "c"}}
    assert render_members(shape("Integration"), {"requestParameters": {"a": None}, "uri": None}) == {
        "requestParameters": {}
    }
