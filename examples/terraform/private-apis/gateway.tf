# The gateway account: an endpoint of the application's service, and a VPC link to it through a load balancer of its own.

data "aws_vpc_endpoint_service" "application" {
  provider     = aws.gateway
  service_name = aws_vpc_endpoint_service.application.service_name
  depends_on   = [aws_vpc_endpoint_service_allowed_principal.gateway]
}

resource "aws_security_group" "to_application" {
  provider    = aws.gateway
  vpc_id      = module.gateway_network.vpc
  name        = "${var.prefix}-to-application"
  description = "Endpoint of the application service"

  ingress {
    protocol    = "tcp"
    from_port   = 80
    to_port     = 80
    cidr_blocks = [var.range]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_vpc_endpoint" "application" {
  provider           = aws.gateway
  vpc_id             = module.gateway_network.vpc
  service_name       = data.aws_vpc_endpoint_service.application.service_name
  vpc_endpoint_type  = "Interface"
  subnet_ids         = module.gateway_network.subnets
  security_group_ids = [aws_security_group.to_application.id]
  tags               = { Name = "${var.prefix}-to-application" }
}

data "aws_network_interface" "to_application" {
  provider = aws.gateway
  count    = length(local.zones)
  id       = sort(aws_vpc_endpoint.application.network_interface_ids)[count.index]
}

module "link_balancer" {
  source    = "./modules/balancer"
  providers = { aws = aws.gateway }
  name      = "${var.prefix}-link"
  vpc       = module.gateway_network.vpc
  subnets   = module.gateway_network.subnets
  addresses = data.aws_network_interface.to_application[*].private_ip
}

resource "aws_api_gateway_vpc_link" "application" {
  provider    = aws.gateway
  name        = "${var.prefix}-application"
  description = "To the endpoint of the application's service"
  target_arns = [module.link_balancer.arn]
}

module "application_api" {
  source             = "./modules/private-api"
  providers          = { aws = aws.gateway }
  name               = "${var.prefix}-application"
  stage              = "test"
  entry              = aws_vpc_endpoint.execute_api.id
  link               = aws_api_gateway_vpc_link.application.id
  backend            = module.link_balancer.dns_name
  needs_key          = true
  requests_per_s     = 100
  log_group          = one(aws_cloudwatch_log_group.access[*].arn)
  writes_access_logs = var.access_logs
  depends_on         = [aws_api_gateway_account.this, aws_vpc_endpoint_connection_accepter.gateway]
}

resource "aws_api_gateway_api_key" "consumer" {
  provider = aws.gateway
  name     = "${var.prefix}-consumer"
}

resource "aws_api_gateway_usage_plan" "consumer" {
  provider = aws.gateway
  name     = "${var.prefix}-consumer"

  api_stages {
    api_id = module.application_api.id
    stage  = module.application_api.stage
  }
  throttle_settings {
    rate_limit  = 50
    burst_limit = 20
  }
  quota_settings {
    limit  = 10000
    period = "DAY"
  }
}

resource "aws_api_gateway_usage_plan_key" "consumer" {
  provider      = aws.gateway
  usage_plan_id = aws_api_gateway_usage_plan.consumer.id
  key_id        = aws_api_gateway_api_key.consumer.id
  key_type      = "API_KEY"
}
