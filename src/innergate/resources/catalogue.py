"""Every kind of resource there is: what the store can decode."""

from innergate.resources.accounts import Account
from innergate.resources.alarms import Alarm
from innergate.resources.api_accounts import ApiGatewayAccount
from innergate.resources.api_keys import ApiKey, UsageGrant, UsagePlan, UsagePlanKey
from innergate.resources.api_trials import ApiTrial
from innergate.resources.base import Resource
from innergate.resources.certificates import Certificate
from innergate.resources.client_certificates import ClientCertificate
from innergate.resources.deployments import Deployment
from innergate.resources.domain_names import BasePathMapping, DomainAccess, DomainName
from innergate.resources.endpoint_services import EndpointNotification, EndpointService
from innergate.resources.function_urls import FunctionUrl
from innergate.resources.functions import Function, FunctionAlias, FunctionVersion, Layer, LayerVersion
from innergate.resources.identities import AccessKey, ManagedPolicy, Role, Session, User
from innergate.resources.load_balancers import Listener, ListenerRule, LoadBalancer
from innergate.resources.log_groups import LogGroup
from innergate.resources.log_policies import LogPolicy
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.network_records import DhcpOptions, InternetGateway, NetworkAcl, PrefixList, RegionNetwork
from innergate.resources.public_addresses import ElasticAddress, NatGateway
from innergate.resources.rest_apis import ApiPart, ApiResource, RestApi
from innergate.resources.route_tables import RouteTable
from innergate.resources.routing_rules import RoutingRule
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.stages import Stage
from innergate.resources.subnets import Subnet
from innergate.resources.target_groups import TargetGroup
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_links import VpcLink, VpcLinkV2
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc
from innergate.resources.workloads import Workload

CATALOGUE: dict[str, type[Resource]] = {
    cls.kind: cls
    for cls in (
        AccessKey,
        Account,
        Alarm,
        ApiGatewayAccount,
        ApiKey,
        ApiPart,
        ApiResource,
        ApiTrial,
        BasePathMapping,
        Certificate,
        ClientCertificate,
        Deployment,
        DhcpOptions,
        DomainAccess,
        DomainName,
        ElasticAddress,
        EndpointNotification,
        EndpointService,
        Function,
        FunctionAlias,
        FunctionUrl,
        FunctionVersion,
        InternetGateway,
        Layer,
        LayerVersion,
        Listener,
        ListenerRule,
        LoadBalancer,
        LogGroup,
        LogPolicy,
        ManagedPolicy,
        NatGateway,
        NetworkAcl,
        NetworkInterface,
        PrefixList,
        RegionNetwork,
        RestApi,
        Role,
        RouteTable,
        RoutingRule,
        SecurityGroup,
        Session,
        Stage,
        Subnet,
        TargetGroup,
        TransitGateway,
        TransitGatewayAttachment,
        TransitGatewayRouteTable,
        UsageGrant,
        UsagePlan,
        UsagePlanKey,
        User,
        VpcEndpoint,
        VpcLink,
        VpcLinkV2,
        VpcPeering,
        Vpc,
        Workload,
    )
}
