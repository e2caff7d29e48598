"""Two accounts with what custom domain names need: certificates, APIs, endpoints."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from tests.unit.services.apigateway.recorded_apis import patch
from tests.unit.services.certificate_maker import issue

from innergate.primitives.ids import AccountId, Region
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.services.acm.operations import OPERATIONS as ACM
from innergate.services.apigateway.operations import OPERATIONS
from innergate.services.apigatewayv2.operations import OPERATIONS as VERSION_2
from innergate.testing.services import ServiceHarness

OWNER, OTHER = "111122223333", "444455556666"
NAME = "api.example.com"


@final
class DomainWorld:
    """Makes things by the operations themselves; `call` is the owner's."""

    def __init__(self, folder: Path) -> None:
        rules = {name: operation for name, operation in VERSION_2.items() if "RoutingRule" in name}
        self.harness = ServiceHarness(folder, ACM, OPERATIONS, rules)

    def call(self, operation: str, /, account: str = OWNER, **params: Any) -> Mapping[str, Any]:
        """The operation's result."""
        return self.harness.call(operation, account=account, **params)

    def rule(self, operation: str, /, account: str = OWNER, **params: Any) -> Mapping[str, Any]:
        """The result of an operation on routing rules ("Create", "List"), of the owner's name unless another is given."""
        name = f"{operation}RoutingRule{'s' if operation == 'List' else ''}"
        return self.harness.call(name, account=account, **{"DomainName": NAME, **params})

    def certificate(self, name: str = NAME, account: str = OWNER, region: str = "us-east-1") -> str:
        """The ARN of an imported certificate for the name."""
        made = issue(name).leaf
        params = {"Certificate": made.certificate.encode(), "PrivateKey": made.key.encode()}
        return str(self.harness.call("ImportCertificate", account=account, region=region, **params)["CertificateArn"])

    def regional(self, name: str = NAME, **params: Any) -> Mapping[str, Any]:
        """A REGIONAL domain name."""
        arn = self.certificate(name)
        given = {"domainName": name, "regionalCertificateArn": arn, "endpointConfiguration": {"types": ["REGIONAL"]}}
        return self.call("CreateDomainName", **given | params)

    def private(self, name: str = NAME, account: str = OWNER, **params: Any) -> Mapping[str, Any]:
        """A PRIVATE domain name."""
        arn = self.certificate(name, account)
        given = {"domainName": name, "certificateArn": arn, "endpointConfiguration": {"types": ["PRIVATE"]}}
        return self.call("CreateDomainName", account=account, **given | params)

    def stage(self, kind: str = "REGIONAL", name: str = "dev") -> str:
        """The id of an API of that type with one stage."""
        api = self.call("CreateRestApi", name="a", endpointConfiguration={"types": [kind]})
        where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
        self.call("PutMethod", **where, authorizationType="NONE")
        self.call("PutIntegration", **where, type="MOCK")
        self.call("CreateDeployment", restApiId=api["id"], stageName=name)
        return str(api["id"])

    def endpoint(self, id: str, account: str = OTHER, service: str = "execute-api") -> str:
        """A VPC endpoint, as a record of its own."""
        with self.harness.store.transaction() as tx:
            tx.put(
                _FreeEndpoint(
                    id=id,
                    account=AccountId(account),
                    region=Region("us-east-1"),
                    vpc_id="vpc-1",
                    service_name=f"com.amazonaws.us-east-1.{service}",
                    created_at=self.harness.clock.now(),
                )
            )
        return id

    def patch(self, name: str, *operations: tuple[str, str, str | None], **where: str) -> Mapping[str, Any]:
        """UpdateDomainName."""
        listed = [patch(op, path, *([] if value is None else [value])) for op, path, value in operations]
        return self.call("UpdateDomainName", domainName=name, patchOperations=listed, **where)

    def truststore(self, bucket: str, key: str, text: str) -> str:
        """Puts a file where the operator would, and gives its URI."""
        path = self.harness.objects / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return f"s3://{bucket}/{key}"

    def close(self) -> None:
        """Ends the store."""
        self.harness.store.close()


class _FreeEndpoint(VpcEndpoint, frozen=True, kw_only=True, rename="pascal"):
    """An endpoint without a network around it."""

    def references(self) -> tuple[Any, ...]:
        return ()
