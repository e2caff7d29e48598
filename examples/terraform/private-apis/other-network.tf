# Another network, reached by address: a VPC that a transit gateway joins to the gateway's.

module "other_network" {
  source       = "./modules/network"
  providers    = { aws = aws.gateway }
  name         = "${var.prefix}-other"
  range        = var.other_range
  zones        = [local.zones[0]]
  first_subnet = tonumber(split(".", var.other_host)[2])
}

resource "aws_ec2_transit_gateway" "this" {
  provider    = aws.gateway
  description = "${var.prefix}: to the other network"
}

resource "aws_ec2_transit_gateway_vpc_attachment" "this" {
  provider           = aws.gateway
  for_each           = { gateway = module.gateway_network, other = module.other_network }
  transit_gateway_id = aws_ec2_transit_gateway.this.id
  vpc_id             = each.value.vpc
  subnet_ids         = each.value.subnets
}

resource "aws_route" "to_other" {
  provider               = aws.gateway
  route_table_id         = module.gateway_network.route_table
  destination_cidr_block = var.other_range
  transit_gateway_id     = aws_ec2_transit_gateway.this.id
  depends_on             = [aws_ec2_transit_gateway_vpc_attachment.this]
}

resource "aws_route" "from_other" {
  provider               = aws.gateway
  route_table_id         = module.other_network.route_table
  destination_cidr_block = var.range
  transit_gateway_id     = aws_ec2_transit_gateway.this.id
  depends_on             = [aws_ec2_transit_gateway_vpc_attachment.this]
}

module "other_balancer" {
  source    = "./modules/balancer"
  providers = { aws = aws.gateway }
  name      = "${var.prefix}-other"
  vpc       = module.gateway_network.vpc
  subnets   = module.gateway_network.subnets
  addresses = [var.other_host]
  zone      = "all"
}

resource "aws_api_gateway_vpc_link" "other" {
  provider    = aws.gateway
  name        = "${var.prefix}-other"
  target_arns = [module.other_balancer.arn]
}

module "other_api" {
  source    = "./modules/private-api"
  providers = { aws = aws.gateway }
  name      = "${var.prefix}-other"
  stage     = "newtest"
  entry     = aws_vpc_endpoint.execute_api.id
  link      = aws_api_gateway_vpc_link.other.id
  backend   = module.other_balancer.dns_name
}
