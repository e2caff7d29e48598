"""Two tenants with one of each resource, for tests of what one may learn of the other.

A tenant's things are found by the words that operations use for them ("VpcId", "restApiId"), so that a test can fill in any
operation's parameters.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias, final

from tests.unit.services.certificate_maker import issue
from tests.unit.services.lambdas.lambda_world import TRUST, package

from innergate.primitives.ids import AccountId, Region
from innergate.services.context import Context
from innergate.services.ec2.default_network import ensure_default_network
from innergate.services.node_calls import NodeCall
from innergate.services.organizations.make_account import make_account
from innergate.services.tables import SERVICE_TABLES
from innergate.store.blobs import FolderBlobs
from innergate.store.log_store import LogStore
from innergate.store.metric_store import MetricStore
from innergate.store.sqlite import SqliteStore
from innergate.store.transaction import Transaction
from innergate.testing.clock import FakeClock
from innergate.testing.ids import SeededIds
from innergate.testing.services import root_caller

VICTIM, STRANGER = AccountId("111122223333"), AccountId("444455556666")
REGION = Region("us-east-1")
ASSUME = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{0}"}},"Action":"sts:AssumeRole"}}]}}'
ANYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'

Things: TypeAlias = dict[str, str]
"""A tenant's ids, by the word for them."""


@final
class TenantWorld:
    """A store with two tenants. `call` commits, `attempt` never does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.ids = SeededIds()
        self.store = SqliteStore(folder / "store.sqlite", self.clock)
        self.logs = LogStore(folder / "logs.sqlite")
        self.metrics = MetricStore(folder / "metrics.sqlite")
        self.blobs = FolderBlobs(folder / "blobs")
        self.things: dict[str, Things] = {}
        for account in (VICTIM, STRANGER):
            with self.store.transaction() as tx:
                make_account(tx, self.clock, self.ids, f"name-of-{account}", account)
                ensure_default_network(self.context(tx, account))
            self.things[account] = _furnish(self, account)

    def context(self, tx: Transaction, account: str) -> Context:
        """A call by the root of the account."""
        return Context(
            caller=root_caller(account),
            region=REGION,
            request_id="00000000-0000-0000-0000-000000000000",
            tx=tx,
            clock=self.clock,
            ids=self.ids,
            observations=self.store,
            logs=self.logs,
            metrics=self.metrics,
            blobs=self.blobs,
        )

    def call(self, account: str, service: str, operation: str, **params: Any) -> Mapping[str, Any]:
        """The operation's result, kept."""
        with self.store.transaction() as tx:
            return _result_of(SERVICE_TABLES[service][operation].run(self.context(tx, account), params))

    def attempt(
        self, account: str, service: str, operation: str, params: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], Transaction]:
        """The operation's result with the transaction that would have kept it; ids are the same at each attempt."""
        self.ids = SeededIds(99)
        tx = Transaction(self.store.state())
        return _result_of(SERVICE_TABLES[service][operation].run(self.context(tx, account), params)), tx


def _result_of(given: Mapping[str, Any] | NodeCall | None) -> Mapping[str, Any]:
    """What waits for a process of the node shows what that process would be asked."""
    return {"asks": given.path, "with": given.body} if isinstance(given, NodeCall) else given or {}


def _furnish(world: TenantWorld, account: AccountId) -> Things:
    things: Things = {}
    _networks(world, account, things)
    _transit(world, account, things)
    _balancers(world, account, things)
    _identities(world, account, things)
    _endpoints(world, account, things)
    _apis(world, account, things)
    _domains(world, account, things)
    _functions(world, account, things)
    return things


def _networks(world: TenantWorld, account: str, things: Things) -> None:
    def ec2(operation: str, **params: Any) -> Mapping[str, Any]:
        return world.call(account, "ec2", operation, **params)

    vpc = ec2("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    things["VpcId"] = vpc
    things["PeerVpcId"] = ec2("CreateVpc", CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    things["PeerSubnetId"] = ec2("CreateSubnet", VpcId=things["PeerVpcId"], CidrBlock="10.1.1.0/24")["Subnet"][
        "SubnetId"
    ]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2("ModifyVpcAttribute", VpcId=vpc, **{attribute: {"Value": True}})
    things["VpcCidrAssociationId"] = ec2("AssociateVpcCidrBlock", VpcId=vpc, CidrBlock="10.2.0.0/16")[
        "CidrBlockAssociation"
    ]["AssociationId"]
    things["SubnetId"] = ec2("CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1a")[
        "Subnet"
    ]["SubnetId"]
    things["RouteTableId"] = ec2("CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    things["AssociationId"] = ec2(
        "AssociateRouteTable", RouteTableId=things["RouteTableId"], SubnetId=things["SubnetId"]
    )["AssociationId"]
    group = ec2("CreateSecurityGroup", GroupName=f"group-{account}", Description="d", VpcId=vpc)["GroupId"]
    things |= {"GroupId": group, "GroupName": f"group-{account}"}
    things["SecurityGroupRuleId"] = ec2(
        "AuthorizeSecurityGroupIngress", GroupId=group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="0.0.0.0/0"
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    interface = ec2("CreateNetworkInterface", SubnetId=things["SubnetId"])["NetworkInterface"]
    things["NetworkInterfaceId"] = interface["NetworkInterfaceId"]
    things["InternetGatewayId"] = ec2("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    things["NetworkAclId"] = ec2("CreateNetworkAcl", VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    acls = ec2("DescribeNetworkAcls")["NetworkAcls"]
    things["AclAssociationId"] = next(
        a["NetworkAclAssociationId"] for acl in acls for a in acl["Associations"] if a["SubnetId"] == things["SubnetId"]
    )
    options = [{"Key": "domain-name", "Values": ["corp"]}]
    things["DhcpOptionsId"] = ec2("CreateDhcpOptions", DhcpConfigurations=options)["DhcpOptions"]["DhcpOptionsId"]
    things["PrefixListId"] = ec2(
        "CreateManagedPrefixList", PrefixListName=f"list-{account}", MaxEntries=3, AddressFamily="IPv4"
    )["PrefixList"]["PrefixListId"]
    address = ec2("AllocateAddress", Domain="vpc")
    things |= {"AllocationId": address["AllocationId"], "PublicIp": address["PublicIp"]}
    things["NatGatewayId"] = ec2("CreateNatGateway", SubnetId=things["SubnetId"], ConnectivityType="private")[
        "NatGateway"
    ]["NatGatewayId"]


def _transit(world: TenantWorld, account: str, things: Things) -> None:
    def ec2(operation: str, **params: Any) -> Mapping[str, Any]:
        return world.call(account, "ec2", operation, **params)

    gateway = ec2("CreateTransitGateway")["TransitGateway"]
    things["TransitGatewayId"] = gateway["TransitGatewayId"]
    things["PeerTransitGatewayId"] = gateway["TransitGatewayId"]
    things["TransitGatewayRouteTableId"] = ec2(
        "CreateTransitGatewayRouteTable", TransitGatewayId=things["TransitGatewayId"]
    )["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"]
    things["TransitGatewayAttachmentId"] = ec2(
        "CreateTransitGatewayVpcAttachment",
        TransitGatewayId=things["TransitGatewayId"],
        VpcId=things["VpcId"],
        SubnetIds=[things["SubnetId"]],
    )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    things["PeeringAttachmentId"] = ec2(
        "CreateTransitGatewayPeeringAttachment",
        TransitGatewayId=things["TransitGatewayId"],
        PeerTransitGatewayId=ec2("CreateTransitGateway")["TransitGateway"]["TransitGatewayId"],
        PeerAccountId=account,
        PeerRegion=REGION,
    )["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]
    things["VpcPeeringConnectionId"] = ec2(
        "CreateVpcPeeringConnection", VpcId=things["VpcId"], PeerVpcId=things["PeerVpcId"]
    )["VpcPeeringConnection"]["VpcPeeringConnectionId"]


def _balancers(world: TenantWorld, account: str, things: Things) -> None:
    def elbv2(operation: str, **params: Any) -> Mapping[str, Any]:
        return world.call(account, "elbv2", operation, **params)

    made = issue(f"{account}.example.com")
    things["CertificateArn"] = world.call(
        account,
        "acm",
        "ImportCertificate",
        Certificate=made.leaf.certificate.encode(),
        PrivateKey=made.leaf.key.encode(),
    )["CertificateArn"]
    things["TargetGroupName"] = f"tg-{account}"
    things["TargetGroupArn"] = elbv2(
        "CreateTargetGroup", Name=f"tg-{account}", Protocol="TCP", Port=80, VpcId=things["VpcId"], TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    things["AlbTargetGroupArn"] = elbv2(
        "CreateTargetGroup", Name=f"atg-{account}", Protocol="HTTP", Port=80, VpcId=things["VpcId"], TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    things["LoadBalancerName"] = f"nlb-{account}"
    things["LoadBalancerArn"] = elbv2(
        "CreateLoadBalancer", Name=f"nlb-{account}", Type="network", Scheme="internal", Subnets=[things["SubnetId"]]
    )["LoadBalancers"][0]["LoadBalancerArn"]
    forward = {"Type": "forward", "TargetGroupArn": things["TargetGroupArn"]}
    things["ListenerArn"] = elbv2(
        "CreateListener",
        LoadBalancerArn=things["LoadBalancerArn"],
        Protocol="TLS",
        Port=443,
        DefaultActions=[forward],
        Certificates=[{"CertificateArn": things["CertificateArn"]}],
    )["Listeners"][0]["ListenerArn"]
    second = world.call(
        account, "ec2", "CreateSubnet", VpcId=things["VpcId"], CidrBlock="10.0.2.0/24", AvailabilityZone="us-east-1b"
    )["Subnet"]["SubnetId"]
    balancer = elbv2(
        "CreateLoadBalancer", Name=f"alb-{account}", Scheme="internal", Subnets=[things["SubnetId"], second]
    )["LoadBalancers"][0]["LoadBalancerArn"]
    forward = {"Type": "forward", "TargetGroupArn": things["AlbTargetGroupArn"]}
    listener = elbv2("CreateListener", LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[forward])[
        "Listeners"
    ][0]["ListenerArn"]
    things["AlbListenerArn"] = listener
    things["RuleArn"] = elbv2(
        "CreateRule",
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/x"]}],
        Actions=[forward],
    )["Rules"][0]["RuleArn"]


def _identities(world: TenantWorld, account: str, things: Things) -> None:
    def iam(operation: str, **params: Any) -> Mapping[str, Any]:
        return world.call(account, "iam", operation, **params)

    user = iam("CreateUser", UserName=f"user-{account}")["User"]
    role = iam(
        "CreateRole", RoleName=f"role-{account}", AssumeRolePolicyDocument=ASSUME.format(f"arn:aws:iam::{account}:root")
    )["Role"]
    things |= {"UserName": user["UserName"], "UserArn": user["Arn"], "UserUniqueId": user["UserId"]}
    things |= {"RoleName": role["RoleName"], "RoleArn": role["Arn"]}
    things["PolicyArn"] = iam("CreatePolicy", PolicyName=f"policy-{account}", PolicyDocument=ANYTHING)["Policy"]["Arn"]
    things["AccessKeyId"] = iam("CreateAccessKey", UserName=user["UserName"])["AccessKey"]["AccessKeyId"]
    made = issue(f"{account}.example.com")
    things["ServerCertificateName"] = f"cert-{account}"
    iam(
        "UploadServerCertificate",
        ServerCertificateName=things["ServerCertificateName"],
        CertificateBody=made.leaf.certificate,
        PrivateKey=made.leaf.key,
    )
    things["logGroupName"] = f"group-{account}"
    world.call(account, "logs", "CreateLogGroup", logGroupName=things["logGroupName"])
    things["LogGroupArn"] = f"arn:aws:logs:{REGION}:{account}:log-group:{things['logGroupName']}"
    things["AlarmName"] = f"alarm-{account}"
    things["AlarmArn"] = f"arn:aws:cloudwatch:{REGION}:{account}:alarm:{things['AlarmName']}"
    world.call(
        account,
        "cloudwatch",
        "PutMetricAlarm",
        AlarmName=things["AlarmName"],
        Namespace="N",
        MetricName="M",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )


def _endpoints(world: TenantWorld, account: str, things: Things) -> None:
    def ec2(operation: str, **params: Any) -> Mapping[str, Any]:
        return world.call(account, "ec2", operation, **params)

    service = ec2("CreateVpcEndpointServiceConfiguration", NetworkLoadBalancerArns=[things["LoadBalancerArn"]])[
        "ServiceConfiguration"
    ]
    things |= {"ServiceId": service["ServiceId"], "ServiceName": service["ServiceName"]}
    things["VpcEndpointId"] = ec2(
        "CreateVpcEndpoint",
        VpcEndpointType="Interface",
        VpcId=things["VpcId"],
        ServiceName=service["ServiceName"],
        SubnetIds=[things["SubnetId"]],
    )["VpcEndpoint"]["VpcEndpointId"]
    things["ApiEndpointId"] = ec2(
        "CreateVpcEndpoint",
        VpcEndpointType="Interface",
        VpcId=things["VpcId"],
        ServiceName=f"com.amazonaws.{REGION}.execute-api",
        SubnetIds=[things["SubnetId"]],
    )["VpcEndpoint"]["VpcEndpointId"]
    things["ConnectionNotificationId"] = ec2(
        "CreateVpcEndpointConnectionNotification",
        ServiceId=service["ServiceId"],
        ConnectionNotificationArn=f"arn:aws:sns:{REGION}:{account}:topic",
        ConnectionEvents=["Accept"],
    )["ConnectionNotification"]["ConnectionNotificationId"]


def _apis(world: TenantWorld, account: str, things: Things) -> None:
    def api(operation: str, **params: Any) -> Mapping[str, Any]:
        return world.call(account, "apigateway", operation, **params)

    things["vpcLinkId"] = api("CreateVpcLink", name="link", targetArns=[things["LoadBalancerArn"]])["id"]
    link = world.call(account, "apigatewayv2", "CreateVpcLink", Name="link", SubnetIds=[things["SubnetId"]])
    things["VpcLinkId"] = link["VpcLinkId"]
    things["VpcLinkArn"] = f"arn:aws:apigateway:{REGION}::/vpclinks/{link['VpcLinkId']}"
    id = api("CreateRestApi", name=f"api-{account}", endpointConfiguration={"types": ["REGIONAL"]})["id"]
    things["restApiId"] = id
    things["RestApiArn"] = f"arn:aws:apigateway:{REGION}::/restapis/{id}"
    root = api("GetResources", restApiId=id)["items"][0]["id"]
    things["parentId"] = root
    things["resourceId"] = api("CreateResource", restApiId=id, parentId=root, pathPart="pets")["id"]
    at: dict[str, str] = {"restApiId": id, "resourceId": things["resourceId"], "httpMethod": "GET"}
    api("PutMethod", **at, authorizationType="NONE")
    api("PutIntegration", **at, type="MOCK", requestTemplates={"application/json": '{"statusCode":200}'})
    api("PutMethodResponse", **at, statusCode="200")
    api("PutIntegrationResponse", **at, statusCode="200", selectionPattern="")
    things["deploymentId"] = api("CreateDeployment", restApiId=id, stageName=f"stage{account}")["id"]
    things["stageName"] = f"stage{account}"
    things["modelName"] = f"Model{account}"
    schema = '{"type":"object","properties":{"a":{"type":"string"}}}'
    api("CreateModel", restApiId=id, name=things["modelName"], contentType="application/json", schema=schema)
    things["requestValidatorId"] = api("CreateRequestValidator", restApiId=id, name="v", validateRequestBody=True)["id"]
    things["authorizerId"] = api(
        "CreateAuthorizer",
        restApiId=id,
        name="a",
        type="TOKEN",
        authorizerUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
        f"arn:aws:lambda:{REGION}:{account}:function:f/invocations",
        identitySource="method.request.header.Authorization",
    )["id"]
    things["documentationPartId"] = api(
        "CreateDocumentationPart", restApiId=id, location={"type": "API"}, properties='{"description":"d"}'
    )["id"]
    things["documentationVersion"] = f"v{account}"
    api("CreateDocumentationVersion", restApiId=id, documentationVersion=things["documentationVersion"])
    api("PutGatewayResponse", restApiId=id, responseType="DEFAULT_4XX", statusCode="418")
    things["clientCertificateId"] = api("GenerateClientCertificate")["clientCertificateId"]
    things["apiKey"] = api("CreateApiKey", name=f"key-{account}", enabled=True)["id"]
    stages = [{"apiId": id, "stage": things["stageName"]}]
    things["usagePlanId"] = api("CreateUsagePlan", name=f"plan-{account}", apiStages=stages)["id"]
    things["keyId"] = things["apiKey"]
    api("CreateUsagePlanKey", usagePlanId=things["usagePlanId"], keyId=things["apiKey"], keyType="API_KEY")


def _domains(world: TenantWorld, account: str, things: Things) -> None:
    def api(operation: str, **params: Any) -> Mapping[str, Any]:
        return world.call(account, "apigateway", operation, **params)

    things["domainName"] = f"{account}.example.com"
    named: dict[str, Any] = {"domainName": things["domainName"]}
    arn = things["CertificateArn"]
    regional = {"types": ["REGIONAL"]}
    mode = "ROUTING_RULE_THEN_BASE_PATH_MAPPING"
    api("CreateDomainName", **named, regionalCertificateArn=arn, endpointConfiguration=regional, routingMode=mode)
    things["basePath"] = f"base{account}"
    api("CreateBasePathMapping", **named, restApiId=things["restApiId"], basePath=things["basePath"])
    things["routingRuleId"] = world.call(
        account,
        "apigatewayv2",
        "CreateRoutingRule",
        DomainName=things["domainName"],
        Priority=1,
        Conditions=[{"MatchBasePaths": {"AnyOf": ["ruled"]}}],
        Actions=[{"InvokeApi": {"ApiId": things["restApiId"], "Stage": things["stageName"]}}],
    )["RoutingRuleId"]
    private = api("CreateDomainName", **named, certificateArn=arn, endpointConfiguration={"types": ["PRIVATE"]})
    things |= {"domainNameId": private["domainNameId"], "domainNameArn": private["domainNameArn"]}
    things["domainNameAccessAssociationArn"] = api(
        "CreateDomainNameAccessAssociation",
        domainNameArn=things["domainNameArn"],
        accessAssociationSource=things["ApiEndpointId"],
        accessAssociationSourceType="VPCE",
    )["domainNameAccessAssociationArn"]


def _functions(world: TenantWorld, account: str, things: Things) -> None:
    def function(operation: str, **params: Any) -> Mapping[str, Any]:
        return world.call(account, "lambda", operation, **params)

    role = world.call(account, "iam", "CreateRole", RoleName=f"worker-{account}", AssumeRolePolicyDocument=TRUST)
    things["FunctionRoleArn"] = role["Role"]["Arn"]
    things["FunctionArn"] = function(
        "CreateFunction",
        FunctionName=f"function-{account}",
        Runtime="python3.11",
        Role=things["FunctionRoleArn"],
        Handler="app.handler",
        Code={"ZipFile": package()},
    )["FunctionArn"]
    layer = function("PublishLayerVersion", LayerName=f"layer-{account}", Content={"ZipFile": package()})
    things |= {"LayerName": layer["LayerArn"], "LayerVersionArn": layer["LayerVersionArn"]}
    name = things["FunctionArn"]
    function("PublishVersion", FunctionName=name)
    function("CreateAlias", FunctionName=name, Name="live", FunctionVersion="1")
    function("PutFunctionEventInvokeConfig", FunctionName=name, MaximumRetryAttempts=1)
    permission = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    function("AddPermission", FunctionName=name, **permission)
