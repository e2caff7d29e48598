# The consumer account: an execute-api endpoint in its own network is the only way in.

resource "aws_security_group" "execute_api" {
  provider    = aws.consumer
  vpc_id      = module.consumer_network.vpc
  name        = "${var.prefix}-execute-api"
  description = "Endpoint of API Gateway"

  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = [var.range]
  }
}

resource "aws_vpc_endpoint" "execute_api" {
  provider            = aws.consumer
  vpc_id              = module.consumer_network.vpc
  service_name        = "com.amazonaws.${var.region}.execute-api"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = module.consumer_network.subnets
  security_group_ids  = [aws_security_group.execute_api.id]
  private_dns_enabled = true
  tags                = { Name = "${var.prefix}-execute-api" }
}
