"""What an account has set for API Gateway in a region."""

from typing import ClassVar

from innergate.resources.base import Resource


class ApiGatewayAccount(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` is `<account>/<region>`; it exists once UpdateAccount has set something."""

    kind: ClassVar[str] = "api-gateway-account"

    cloudwatch_role_arn: str | None = None
    features: tuple[str, ...] = ("UsagePlans",)
