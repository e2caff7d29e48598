# Every resource that Terraform has for REST APIs, but those of custom domain names (see ../custom-domains): a private API with
# models, validators, authorizers, documentation, a usage plan and a canary, and a second API that is put from a document.
#
# The provider finds the platform by AWS_ENDPOINT_URL; without that variable this is plain AWS.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region                  = "us-east-1"
  skip_metadata_api_check = true
}

locals {
  everyone = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = "*" }]
  })
}

# -- the account's settings -------------------------------------------------------------------------------------------

resource "aws_iam_role" "logs" {
  name = "rest-api-whole-logs"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "apigateway.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "logs" {
  role = aws_iam_role.logs.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "logs:*", Resource = "*" }]
  })
}

resource "aws_api_gateway_account" "this" {
  cloudwatch_role_arn = aws_iam_role.logs.arn
  depends_on          = [aws_iam_role_policy.logs]
}

resource "aws_cloudwatch_log_group" "calls" {
  name = "rest-api-whole"
}

# -- the API ----------------------------------------------------------------------------------------------------------

resource "aws_api_gateway_rest_api" "whole" {
  name                     = "whole"
  description              = "one of everything"
  binary_media_types       = ["image/png"]
  minimum_compression_size = "1024"
  api_key_source           = "HEADER"
  tags                     = { team = "whole" }

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_rest_api_policy" "whole" {
  rest_api_id = aws_api_gateway_rest_api.whole.id
  policy      = local.everyone
}

resource "aws_api_gateway_model" "pet" {
  rest_api_id  = aws_api_gateway_rest_api.whole.id
  name         = "Pet"
  description  = "a pet"
  content_type = "application/json"
  schema = jsonencode({
    "$schema"  = "http://json-schema.org/draft-04/schema#"
    title      = "Pet"
    type       = "object"
    required   = ["name"]
    properties = { name = { type = "string" } }
  })
}

resource "aws_api_gateway_request_validator" "all" {
  rest_api_id                 = aws_api_gateway_rest_api.whole.id
  name                        = "all"
  validate_request_body       = true
  validate_request_parameters = true
}

resource "aws_api_gateway_gateway_response" "unauthorized" {
  rest_api_id         = aws_api_gateway_rest_api.whole.id
  response_type       = "UNAUTHORIZED"
  status_code         = "401"
  response_templates  = { "application/json" = "{\"message\":$context.error.messageString}" }
  response_parameters = { "gatewayresponse.header.Access-Control-Allow-Origin" = "'*'" }
}

resource "aws_api_gateway_authorizer" "pool" {
  rest_api_id                      = aws_api_gateway_rest_api.whole.id
  name                             = "pool"
  type                             = "COGNITO_USER_POOLS"
  provider_arns                    = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abcdefghi"]
  authorizer_result_ttl_in_seconds = 60
}

resource "aws_api_gateway_resource" "pets" {
  rest_api_id = aws_api_gateway_rest_api.whole.id
  parent_id   = aws_api_gateway_rest_api.whole.root_resource_id
  path_part   = "pets"
}

resource "aws_api_gateway_resource" "backend" {
  rest_api_id = aws_api_gateway_rest_api.whole.id
  parent_id   = aws_api_gateway_rest_api.whole.root_resource_id
  path_part   = "{proxy+}"
}

# a MOCK with a model, a validator and an API key
resource "aws_api_gateway_method" "add" {
  rest_api_id          = aws_api_gateway_rest_api.whole.id
  resource_id          = aws_api_gateway_resource.pets.id
  http_method          = "POST"
  authorization        = "NONE"
  api_key_required     = true
  operation_name       = "addPet"
  request_validator_id = aws_api_gateway_request_validator.all.id
  request_models       = { "application/json" = aws_api_gateway_model.pet.name }
  request_parameters   = { "method.request.querystring.shop" = true }
}

resource "aws_api_gateway_integration" "add" {
  rest_api_id          = aws_api_gateway_rest_api.whole.id
  resource_id          = aws_api_gateway_resource.pets.id
  http_method          = aws_api_gateway_method.add.http_method
  type                 = "MOCK"
  passthrough_behavior = "WHEN_NO_TEMPLATES"
  request_templates    = { "application/json" = "{\"statusCode\": 201}" }
}

resource "aws_api_gateway_method_response" "add" {
  rest_api_id         = aws_api_gateway_rest_api.whole.id
  resource_id         = aws_api_gateway_resource.pets.id
  http_method         = aws_api_gateway_method.add.http_method
  status_code         = "201"
  response_models     = { "application/json" = aws_api_gateway_model.pet.name }
  response_parameters = { "method.response.header.X-Shop" = true }
}

resource "aws_api_gateway_integration_response" "add" {
  rest_api_id         = aws_api_gateway_rest_api.whole.id
  resource_id         = aws_api_gateway_resource.pets.id
  http_method         = aws_api_gateway_method.add.http_method
  status_code         = aws_api_gateway_method_response.add.status_code
  selection_pattern   = "2\\d{2}"
  response_templates  = { "application/json" = "{\"stage\": \"$context.stage\"}" }
  response_parameters = { "method.response.header.X-Shop" = "stageVariables.shop" }
  depends_on          = [aws_api_gateway_integration.add]
}

# everything else over a VPC link, for those whom the user pool knows
resource "aws_api_gateway_method" "backend" {
  rest_api_id        = aws_api_gateway_rest_api.whole.id
  resource_id        = aws_api_gateway_resource.backend.id
  http_method        = "ANY"
  authorization      = "COGNITO_USER_POOLS"
  authorizer_id      = aws_api_gateway_authorizer.pool.id
  request_parameters = { "method.request.path.proxy" = true }
}

resource "aws_api_gateway_integration" "backend" {
  rest_api_id             = aws_api_gateway_rest_api.whole.id
  resource_id             = aws_api_gateway_resource.backend.id
  http_method             = aws_api_gateway_method.backend.http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "ANY"
  uri                     = "http://${aws_lb.inside.dns_name}/{proxy}"
  connection_type         = "VPC_LINK"
  connection_id           = aws_api_gateway_vpc_link.inside.id
  timeout_milliseconds    = 5000
  cache_key_parameters    = ["method.request.path.proxy"]
  request_parameters      = { "integration.request.path.proxy" = "method.request.path.proxy" }
}

# -- what it reaches --------------------------------------------------------------------------------------------------

resource "aws_vpc" "inside" {
  cidr_block = "10.61.0.0/16"
}

resource "aws_subnet" "inside" {
  vpc_id            = aws_vpc.inside.id
  cidr_block        = "10.61.1.0/24"
  availability_zone = "us-east-1a"
}

resource "aws_lb" "inside" {
  name               = "rest-api-whole"
  load_balancer_type = "network"
  internal           = true
  subnets            = [aws_subnet.inside.id]
}

resource "aws_api_gateway_vpc_link" "inside" {
  name        = "inside"
  description = "to the load balancer"
  target_arns = [aws_lb.inside.arn]
}

# -- documentation ----------------------------------------------------------------------------------------------------

resource "aws_api_gateway_documentation_part" "add" {
  rest_api_id = aws_api_gateway_rest_api.whole.id
  properties  = jsonencode({ description = "adds a pet" })

  location {
    type   = "METHOD"
    path   = "/pets"
    method = "POST"
  }
}

resource "aws_api_gateway_documentation_version" "first" {
  rest_api_id = aws_api_gateway_rest_api.whole.id
  version     = "1"
  description = "first"
  depends_on  = [aws_api_gateway_documentation_part.add]
}

# -- deployments and a stage ------------------------------------------------------------------------------------------

resource "aws_api_gateway_client_certificate" "whole" {
  description = "what backends know the gateway by"
}

resource "aws_api_gateway_deployment" "whole" {
  for_each    = toset(["first", "canary"])
  rest_api_id = aws_api_gateway_rest_api.whole.id
  description = each.key
  triggers = {
    redeployment = sha1(jsonencode([
      aws_api_gateway_integration.add.request_templates,
      aws_api_gateway_integration_response.add.response_templates,
      aws_api_gateway_integration.backend.uri,
    ]))
  }

  depends_on = [
    aws_api_gateway_rest_api_policy.whole,
    aws_api_gateway_gateway_response.unauthorized,
    aws_api_gateway_integration_response.add,
    aws_api_gateway_integration.backend,
  ]
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id           = aws_api_gateway_rest_api.whole.id
  stage_name            = "live"
  deployment_id         = aws_api_gateway_deployment.whole["first"].id
  description           = "what customers see"
  client_certificate_id = aws_api_gateway_client_certificate.whole.id
  documentation_version = aws_api_gateway_documentation_version.first.version
  cache_cluster_enabled = true
  cache_cluster_size    = "0.5"
  xray_tracing_enabled  = true
  variables             = { shop = "main" }
  tags                  = { stage = "live" }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.calls.arn
    format          = "$context.requestId $context.status"
  }

  canary_settings {
    deployment_id            = aws_api_gateway_deployment.whole["canary"].id
    percent_traffic          = 0
    stage_variable_overrides = { shop = "canary" }
    use_stage_cache          = false
  }

  depends_on = [aws_api_gateway_account.this]
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.whole.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "ERROR"
    throttling_burst_limit = 50
    throttling_rate_limit  = 100
    caching_enabled        = true
    cache_ttl_in_seconds   = 30
  }
}

# -- customers --------------------------------------------------------------------------------------------------------

resource "aws_api_gateway_api_key" "customer" {
  name        = "customer"
  description = "of a customer"
  tags        = { customer = "one" }
}

resource "aws_api_gateway_usage_plan" "basic" {
  name        = "basic"
  description = "what everybody gets"

  api_stages {
    api_id = aws_api_gateway_rest_api.whole.id
    stage  = aws_api_gateway_stage.live.stage_name

    throttle {
      path        = "/pets/POST"
      burst_limit = 10
      rate_limit  = 20
    }
  }

  quota_settings {
    limit  = 1000
    offset = 0
    period = "DAY"
  }

  throttle_settings {
    burst_limit = 20
    rate_limit  = 40
  }
}

resource "aws_api_gateway_usage_plan_key" "customer" {
  key_id        = aws_api_gateway_api_key.customer.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.basic.id
}

# -- an API that is put from a document -------------------------------------------------------------------------------

resource "aws_api_gateway_rest_api" "document" {
  name = "document"

  lifecycle {
    ignore_changes = [description, policy, body]
  }
}

resource "aws_api_gateway_rest_api_put" "document" {
  rest_api_id      = aws_api_gateway_rest_api.document.id
  fail_on_warnings = true # without it provider 5.100 refuses its own result
  body = jsonencode({
    openapi = "3.0.1"
    info    = { title = "document", version = "1" }
    paths = {
      "/ping" = {
        get = {
          responses = { "200" = { description = "pong" } }
          "x-amazon-apigateway-integration" = {
            type             = "mock"
            requestTemplates = { "application/json" = "{\"statusCode\": 200}" }
            responses        = { default = { statusCode = "200" } }
          }
        }
      }
    }
  })
}

output "key" {
  value     = aws_api_gateway_api_key.customer.value
  sensitive = true
}

output "api" {
  value = aws_api_gateway_rest_api.whole.id
}
