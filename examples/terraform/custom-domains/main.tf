# Custom domain names: a public one in front of a REGIONAL API, a private one that a VPC endpoint leads to.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint_url" {
  type    = string
  default = "http://127.0.0.1:4566"
}

variable "certificates" {
  description = "For each name a certificate and its key, in PEM."
  type        = map(object({ certificate = string, key = string }))
}

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    acm        = var.endpoint_url
    apigateway = var.endpoint_url
    ec2        = var.endpoint_url
    sts        = var.endpoint_url
  }
}

locals {
  names = { public = "api.shop.example", edge = "edge.shop.example", private = "internal.shop.example" }
}

resource "aws_acm_certificate" "of" {
  for_each         = local.names
  private_key      = var.certificates[each.value].key
  certificate_body = var.certificates[each.value].certificate
}

# -- two APIs, each with one stage ------------------------------------------------------------------------------------

resource "aws_api_gateway_rest_api" "of" {
  for_each = { public = "REGIONAL", private = "PRIVATE" }
  name     = "shop-${each.key}"
  policy = each.key == "public" ? null : jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = "*"
      Condition = { StringEquals = { "aws:SourceVpce" = aws_vpc_endpoint.entry.id } }
    }]
  })
  endpoint_configuration {
    types = [each.value]
  }
}

resource "aws_api_gateway_resource" "orders" {
  for_each    = aws_api_gateway_rest_api.of
  rest_api_id = each.value.id
  parent_id   = each.value.root_resource_id
  path_part   = "orders"
}

resource "aws_api_gateway_method" "orders" {
  for_each      = aws_api_gateway_rest_api.of
  rest_api_id   = each.value.id
  resource_id   = aws_api_gateway_resource.orders[each.key].id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_method_response" "ok" {
  for_each    = aws_api_gateway_rest_api.of
  rest_api_id = each.value.id
  resource_id = aws_api_gateway_resource.orders[each.key].id
  http_method = aws_api_gateway_method.orders[each.key].http_method
  status_code = "200"
}

resource "aws_api_gateway_integration" "orders" {
  for_each          = aws_api_gateway_rest_api.of
  rest_api_id       = each.value.id
  resource_id       = aws_api_gateway_resource.orders[each.key].id
  http_method       = aws_api_gateway_method.orders[each.key].http_method
  type              = "MOCK"
  request_templates = { "application/json" = "{\"statusCode\": 200}" }
}

resource "aws_api_gateway_integration_response" "ok" {
  for_each           = aws_api_gateway_rest_api.of
  rest_api_id        = each.value.id
  resource_id        = aws_api_gateway_resource.orders[each.key].id
  http_method        = aws_api_gateway_integration.orders[each.key].http_method
  status_code        = aws_api_gateway_method_response.ok[each.key].status_code
  response_templates = { "application/json" = "{\"api\": \"${each.key}\"}" }
}

resource "aws_api_gateway_deployment" "of" {
  for_each    = aws_api_gateway_rest_api.of
  rest_api_id = each.value.id
  depends_on  = [aws_api_gateway_integration_response.ok]
}

resource "aws_api_gateway_stage" "live" {
  for_each      = aws_api_gateway_rest_api.of
  rest_api_id   = each.value.id
  deployment_id = aws_api_gateway_deployment.of[each.key].id
  stage_name    = "live"
}

# -- the names ----------------------------------------------------------------------------------------------------------

resource "aws_api_gateway_domain_name" "public" {
  domain_name              = local.names.public
  regional_certificate_arn = aws_acm_certificate.of["public"].arn
  security_policy          = "TLS_1_2"
  endpoint_configuration {
    types = ["REGIONAL"]
  }
  tags = { team = "shop" }
}

resource "aws_api_gateway_domain_name" "edge" {
  domain_name     = local.names.edge
  certificate_arn = aws_acm_certificate.of["edge"].arn
}

resource "aws_api_gateway_domain_name" "private" {
  domain_name     = local.names.private
  certificate_arn = aws_acm_certificate.of["private"].arn
  endpoint_configuration {
    types = ["PRIVATE"]
  }
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = ["execute-api:/*"] },
      {
        Effect    = "Deny", Principal = "*", Action = "execute-api:Invoke", Resource = ["execute-api:/*"]
        Condition = { StringNotEquals = { "aws:SourceVpce" = aws_vpc_endpoint.entry.id } }
      },
    ]
  })
}

resource "aws_api_gateway_base_path_mapping" "public" {
  for_each    = toset(["", "v1"])
  domain_name = aws_api_gateway_domain_name.public.domain_name
  api_id      = aws_api_gateway_rest_api.of["public"].id
  stage_name  = aws_api_gateway_stage.live["public"].stage_name
  base_path   = each.value
}

resource "aws_api_gateway_base_path_mapping" "private" {
  domain_name    = aws_api_gateway_domain_name.private.domain_name
  domain_name_id = aws_api_gateway_domain_name.private.domain_name_id
  api_id         = aws_api_gateway_rest_api.of["private"].id
  stage_name     = aws_api_gateway_stage.live["private"].stage_name
}

# -- who may reach the private one --------------------------------------------------------------------------------------

resource "aws_vpc" "consumer" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "custom-domains" }
}

resource "aws_subnet" "consumer" {
  vpc_id     = aws_vpc.consumer.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_security_group" "entry" {
  name   = "entry"
  vpc_id = aws_vpc.consumer.id
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = [aws_vpc.consumer.cidr_block]
  }
}

resource "aws_vpc_endpoint" "entry" {
  vpc_id             = aws_vpc.consumer.id
  service_name       = "com.amazonaws.us-east-1.execute-api"
  vpc_endpoint_type  = "Interface"
  subnet_ids         = [aws_subnet.consumer.id]
  security_group_ids = [aws_security_group.entry.id]
}

resource "aws_api_gateway_domain_name_access_association" "entry" {
  domain_name_arn                = aws_api_gateway_domain_name.private.arn
  access_association_source      = aws_vpc_endpoint.entry.id
  access_association_source_type = "VPCE"
}

output "regional_domain_name" {
  value = aws_api_gateway_domain_name.public.regional_domain_name
}
