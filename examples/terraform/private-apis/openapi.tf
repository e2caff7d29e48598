# With openapi: a third API, imported from an OpenAPI document that carries its integration and its policy.

locals {
  document = {
    openapi = "3.0.1"
    info    = { title = "${var.prefix}-openapi", version = "1.0" }
    paths = {
      "/pets/{kind}" = {
        get = {
          parameters = [{ name = "kind", in = "path", required = true, schema = { type = "string" } }]
          responses  = { "200" = { description = "pets" } }
          "x-amazon-apigateway-integration" = {
            type              = "http_proxy"
            httpMethod        = "GET"
            connectionType    = "VPC_LINK"
            connectionId      = aws_api_gateway_vpc_link.other.id
            uri               = "http://${module.other_balancer.dns_name}/pets/{kind}"
            requestParameters = { "integration.request.path.kind" = "method.request.path.kind" }
          }
        }
      }
    }
    "x-amazon-apigateway-policy" = {
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = "*" }]
    }
  }
}

resource "aws_api_gateway_rest_api" "openapi" {
  provider = aws.gateway
  count    = var.openapi ? 1 : 0
  name     = "${var.prefix}-openapi"
  body     = jsonencode(local.document)

  endpoint_configuration {
    types            = ["PRIVATE"]
    vpc_endpoint_ids = [aws_vpc_endpoint.execute_api.id]
  }
}

resource "aws_api_gateway_deployment" "openapi" {
  provider    = aws.gateway
  count       = var.openapi ? 1 : 0
  rest_api_id = aws_api_gateway_rest_api.openapi[0].id
  triggers    = { document = sha1(aws_api_gateway_rest_api.openapi[0].body) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "openapi" {
  provider      = aws.gateway
  count         = var.openapi ? 1 : 0
  rest_api_id   = aws_api_gateway_rest_api.openapi[0].id
  deployment_id = aws_api_gateway_deployment.openapi[0].id
  stage_name    = "pets"
}
