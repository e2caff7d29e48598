# The application account: hosts behind an internal load balancer, published as an endpoint service.

resource "aws_security_group" "application" {
  provider    = aws.application
  vpc_id      = module.application_network.vpc
  name        = "${var.prefix}-application"
  description = "Load balancer of the application"
}

resource "aws_vpc_security_group_ingress_rule" "application" {
  provider          = aws.application
  security_group_id = aws_security_group.application.id
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = var.range
}

resource "aws_vpc_security_group_egress_rule" "application" {
  provider          = aws.application
  security_group_id = aws_security_group.application.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

module "application_balancer" {
  source          = "./modules/balancer"
  providers       = { aws = aws.application }
  name            = "${var.prefix}-application"
  vpc             = module.application_network.vpc
  subnets         = module.application_network.subnets
  addresses       = var.pods
  security_groups = [aws_security_group.application.id]
  cross_zone      = true
}

resource "aws_vpc_endpoint_service" "application" {
  provider                   = aws.application
  network_load_balancer_arns = [module.application_balancer.arn]
  acceptance_required        = true
  tags                       = { Name = "${var.prefix}-application" }
}

resource "aws_vpc_endpoint_service_allowed_principal" "gateway" {
  provider                = aws.application
  vpc_endpoint_service_id = aws_vpc_endpoint_service.application.id
  principal_arn           = "arn:aws:iam::${data.aws_caller_identity.gateway.account_id}:root"
}

resource "aws_vpc_endpoint_connection_accepter" "gateway" {
  provider                = aws.application
  vpc_endpoint_service_id = aws_vpc_endpoint_service.application.id
  vpc_endpoint_id         = aws_vpc_endpoint.application.id
}
