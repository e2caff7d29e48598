// A network, a load balancer, a VPC link, an execute-api endpoint and a private API by the AWS SDK for JavaScript.
// ENDPOINT_URL, GW_KEY, GW_SECRET from the environment; prints one line a step.
import * as ec2 from "@aws-sdk/client-ec2";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import * as apigateway from "@aws-sdk/client-api-gateway";

const settings = {
  region: "us-east-1",
  endpoint: process.env.ENDPOINT_URL,
  credentials: { accessKeyId: process.env.GW_KEY, secretAccessKey: process.env.GW_SECRET },
};
const networks = new ec2.EC2Client(settings);
const balancers = new elb.ElasticLoadBalancingV2Client(settings);
const apis = new apigateway.APIGatewayClient(settings);

const { Vpc: vpc } = await networks.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
const { Subnet: subnet } = await networks.send(
  new ec2.CreateSubnetCommand({ VpcId: vpc.VpcId, CidrBlock: "10.0.1.0/24" }),
);
console.log("network", vpc.VpcId, subnet.SubnetId, subnet.AvailabilityZone);

const { LoadBalancers: [balancer] } = await balancers.send(
  new elb.CreateLoadBalancerCommand({ Name: "js-example", Type: "network", Scheme: "internal", Subnets: [subnet.SubnetId] }),
);
const waited = await elb.waitUntilLoadBalancerAvailable(
  { client: balancers, maxWaitTime: 60, minDelay: 1, maxDelay: 2 },
  { LoadBalancerArns: [balancer.LoadBalancerArn] },
);
console.log("balancer", waited.state, balancer.CreatedTime.toISOString());

const link = await apis.send(
  new apigateway.CreateVpcLinkCommand({ name: "js-example", targetArns: [balancer.LoadBalancerArn] }),
);
let status = link.status;
for (let tries = 0; status === "PENDING" && tries < 60; tries++) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  ({ status } = await apis.send(new apigateway.GetVpcLinkCommand({ vpcLinkId: link.id })));
}
console.log("link", link.id, status);

const { VpcEndpoint: endpoint } = await networks.send(
  new ec2.CreateVpcEndpointCommand({
    VpcEndpointType: "Interface",
    VpcId: vpc.VpcId,
    ServiceName: "com.amazonaws.us-east-1.execute-api",
    SubnetIds: [subnet.SubnetId],
  }),
);
console.log("endpoint", endpoint.VpcEndpointId, endpoint.CreationTimestamp.toISOString());

const api = await apis.send(
  new apigateway.CreateRestApiCommand({
    name: "js-example",
    endpointConfiguration: { types: ["PRIVATE"], vpcEndpointIds: [endpoint.VpcEndpointId] },
  }),
);
console.log("api", api.id, api.rootResourceId, api.createdDate.toISOString());

try {
  await networks.send(new ec2.DeleteVpcCommand({ VpcId: vpc.VpcId }));
  console.log("delete", "accepted");
} catch (error) {
  console.log("delete", error.name, error.$metadata.httpStatusCode);
}
