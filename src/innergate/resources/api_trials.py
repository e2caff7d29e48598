"""What TestInvokeMethod and TestInvokeAuthorizer try: an API as it was being edited at the last such call."""

from typing import ClassVar

from innergate.resources.base import Key, Resource
from innergate.resources.deployments import ApiDefinition


class ApiTrial(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` is the API's. It goes with the API."""

    kind: ClassVar[str] = "api-trial"

    definition: ApiDefinition
    variables: dict[str, str] = {}
    client_certificate_id: str = ""
    """What HTTPS backends are shown, while there is such a certificate."""

    def references(self) -> tuple[Key, ...]:
        return (Key("rest-api", self.id),)
