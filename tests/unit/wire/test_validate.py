from typing import Any

import pytest

from innergate.primitives.fault import Fault
from innergate.wire import catalogue
from innergate.wire.validate import validate


def _refusal(service: str, operation: str, params: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(Fault) as caught:
        validate(catalogue.load(service).operation_model(operation), catalogue.SERVICES[service].protocols[0], params)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize(
    ("operation", "params", "message"),
    [
        (
            "CreateRestApi",
            {"name": "n", "endpointConfiguration": {"types": ["wrong"], "ipAddressType": "wrong"}},
            "2 validation errors detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to "
            "satisfy constraint: Member must satisfy constraint: "
            "[Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]; "
            "Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: "
            "Member must satisfy enum value set: [ipv4, dualstack]",
        ),
        (
            "PutIntegration",
            {"restApiId": "a", "resourceId": "b", "httpMethod": "GET", "type": "HTTPS_PROXY"},
            "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: "
            "Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]",
        ),
        (
            "UpdateMethodResponse",
            {
                "restApiId": "a",
                "resourceId": "b",
                "httpMethod": "GET",
                "statusCode": "wrong",
                "patchOperations": [{"op": "wrong_op"}],
            },
            "2 validation errors detected: ",
        ),
    ],
)
def test_recorded_texts_of_rest_apis(operation: str, params: dict[str, Any], message: str) -> None:
    code, text = _refusal("apigateway", operation, params)
    assert code == "ValidationException"
    assert text.startswith(message)
    if operation == "UpdateMethodResponse":
        assert "Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.1.member.op' failed" in text
        assert (
            "Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression" in text
        )


def test_each_protocol_has_its_own_form() -> None:
    assert _refusal("ec2", "CreateSubnet", {}) == ("MissingParameter", "The request must contain the parameter VpcId")
    code, text = _refusal("iam", "CreateUser", {})
    assert (code, text.partition(": ")[2]) == (
        "ValidationError",
        "Value null at 'userName' failed to satisfy constraint: Member must not be null",
    )
    code, text = _refusal("logs", "CreateLogGroup", {"logGroupName": "a b"})
    assert code == "InvalidParameterException"
    assert "'logGroupName'" in text
    assert _refusal("organizations", "CreateAccount", {"Email": "a@b.example"})[0] == "InvalidInputException"


def test_ranges_and_lengths() -> None:
    _, text = _refusal("elbv2", "CreateTargetGroup", {"Name": "n", "Port": 0})
    assert "Value '0' at 'port' failed to satisfy constraint: Member must have value greater than or equal to 1" in text
    _, text = _refusal("iam", "CreateUser", {"UserName": "u" * 65})
    assert "Member must have length less than or equal to 64" in text


def test_secrets_are_not_printed() -> None:
    _, text = _refusal("iam", "CreateLoginProfile", {"UserName": "u", "Password": "x" * 200})
    assert "xxx" not in text
    assert "Value at 'password'" in text


def test_what_aws_accepts_passes() -> None:
    model = catalogue.load("apigateway").operation_model("CreateDeployment")
    validate(model, "rest-json", {"restApiId": "a", "stageName": "", "description": "", "variables": {}})
    endpoint = {"VpcId": "vpc-1", "VpcEndpointType": "junk", "TagSpecifications": [{"ResourceType": "junk"}]}
    validate(catalogue.load("ec2").operation_model("CreateVpcEndpoint"), "ec2", endpoint)


@pytest.mark.parametrize(
    ("operation", "params", "parameter"),
    [
        ("CreateVpc", {"InstanceTenancy": "junk"}, "instanceTenancy"),
        ("CreateTransitGateway", {"Options": {"DnsSupport": "junk"}}, "dnsSupport"),
        (
            "CreateNetworkAclEntry",
            {"NetworkAclId": "a", "RuleNumber": 1, "Egress": False, "Protocol": "6", "RuleAction": "junk"},
            "ruleAction",
        ),
        (
            "CreateVpcEndpointServiceConfiguration",
            {"TagSpecifications": [{"ResourceType": "vpc", "Tags": []}, {"ResourceType": "junk"}], "DryRun": False},
            None,
        ),
    ],
)
def test_ec2_names_the_value_that_an_enumeration_lacks(
    operation: str, params: dict[str, Any], parameter: str | None
) -> None:
    if parameter is None:
        validate(catalogue.load("ec2").operation_model(operation), "ec2", params)
    else:
        fault = ("InvalidParameterValue", f"Value (junk) for parameter {parameter} is invalid.")
        assert _refusal("ec2", operation, params) == fault
