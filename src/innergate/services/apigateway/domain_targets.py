"""What DNS should lead a custom domain name to: the names and hosted zones that API Gateway gives out."""

from innergate.primitives.ids import IdSource, fresh_api_id

EDGE_ZONE = "Z2FDTNDATAQYW2"
"""CloudFront's hosted zone (API reference, DomainName, distributionHostedZoneId)."""

REGIONAL_ZONES = {
    "af-south-1": "Z2DHW2332DAMTN",
    "ap-east-1": "Z3FD1VL90ND7K5",
    "ap-northeast-1": "Z1YSHQZHG15GKL",
    "ap-northeast-2": "Z20JF4UZKIW1U8",
    "ap-northeast-3": "Z22ILHG95FLSZ2",
    "ap-south-1": "Z3VO1THU9YC4UR",
    "ap-southeast-1": "ZL327KTPIQFUL",
    "ap-southeast-2": "Z2RPCDW04V8134",
    "ca-central-1": "Z19DQILCV0OWEC",
    "eu-central-1": "Z1U9ULNL0V5AJ3",
    "eu-north-1": "Z3UWIKFBOOGXPP",
    "eu-south-1": "Z3BT4WSQ9TDYZV",
    "eu-west-1": "ZLY8HYME6SFDD",
    "eu-west-2": "ZJ5UAJN8Y3Z2Q",
    "eu-west-3": "Z3KY65QIEKYHQQ",
    "me-south-1": "Z20ZBPC0SS8806",
    "sa-east-1": "ZCMLWB8V5SYIT",
    "us-east-1": "Z1UJRXOUMOOFQ8",
    "us-east-2": "ZOJJZC49E0EPZ",
    "us-west-1": "Z2MUQ32089INYE",
    "us-west-2": "Z2OJLYMUO9EFXC",
}
"""Hosted zones of regional names (AWS General Reference, "Amazon API Gateway endpoints and quotas")."""


def fresh_regional_name(ids: IdSource, region: str) -> str:
    """A name for a regional endpoint: `d-<ten characters>.execute-api.<region>.amazonaws.com`."""
    return f"d-{fresh_api_id(ids)}.execute-api.{region}.amazonaws.com"


def fresh_distribution_name(ids: IdSource) -> str:
    """A name for an edge-optimised endpoint, as CloudFront gives it."""
    return f"d{fresh_api_id(ids, 13)}.cloudfront.net"
