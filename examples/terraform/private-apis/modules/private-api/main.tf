# A private REST API that hands every method and path to one backend behind a VPC link, and admits one endpoint only.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

resource "aws_api_gateway_rest_api" "this" {
  name        = var.name
  description = "To ${var.backend}"

  endpoint_configuration {
    types            = ["PRIVATE"]
    vpc_endpoint_ids = [var.entry]
  }
}

resource "aws_api_gateway_resource" "any" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "{proxy+}"
}

locals {
  # Each resource, and the path that its backend sees.
  resources = {
    root = { id = aws_api_gateway_rest_api.this.root_resource_id, path = "", proxy = false }
    any  = { id = aws_api_gateway_resource.any.id, path = "{proxy}", proxy = true }
  }
}

resource "aws_api_gateway_method" "any" {
  for_each           = local.resources
  rest_api_id        = aws_api_gateway_rest_api.this.id
  resource_id        = each.value.id
  http_method        = "ANY"
  authorization      = "NONE"
  api_key_required   = var.needs_key
  request_parameters = each.value.proxy ? { "method.request.path.proxy" = true } : {}
}

resource "aws_api_gateway_integration" "any" {
  for_each                = local.resources
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = each.value.id
  http_method             = aws_api_gateway_method.any[each.key].http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "ANY"
  uri                     = "http://${var.backend}/${each.value.path}"
  connection_type         = "VPC_LINK"
  connection_id           = var.link
  request_parameters      = each.value.proxy ? { "integration.request.path.proxy" = "method.request.path.proxy" } : {}
  cache_key_parameters    = each.value.proxy ? ["method.request.path.proxy"] : []
  timeout_milliseconds    = 29000
}

resource "aws_api_gateway_gateway_response" "client_errors" {
  rest_api_id         = aws_api_gateway_rest_api.this.id
  response_type       = "DEFAULT_4XX"
  response_parameters = { "gatewayresponse.header.Access-Control-Allow-Origin" = "'*'" }
  response_templates  = { "application/json" = "{\"message\":$context.error.messageString}" }
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "Everybody"
    actions   = ["execute-api:Invoke"]
    resources = ["${aws_api_gateway_rest_api.this.execution_arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
  statement {
    sid       = "ThroughOneEndpoint"
    effect    = "Deny"
    actions   = ["execute-api:Invoke"]
    resources = ["${aws_api_gateway_rest_api.this.execution_arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringNotEquals"
      variable = "aws:SourceVpce"
      values   = [var.entry]
    }
  }
}

resource "aws_api_gateway_rest_api_policy" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  policy      = data.aws_iam_policy_document.this.json
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  triggers = {
    content = sha1(jsonencode([
      [for integration in aws_api_gateway_integration.any : [integration.id, integration.uri, integration.connection_id]],
      [for response in aws_api_gateway_integration_response.cors : response.id],
      data.aws_iam_policy_document.this.json,
      aws_api_gateway_gateway_response.client_errors.id,
    ]))
  }
  depends_on = [aws_api_gateway_rest_api_policy.this]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  rest_api_id   = aws_api_gateway_rest_api.this.id
  deployment_id = aws_api_gateway_deployment.this.id
  stage_name    = var.stage
  variables     = { link = var.link }
  tags          = { Name = "${var.name}-${var.stage}" }

  dynamic "access_log_settings" {
    for_each = var.writes_access_logs ? [var.log_group] : []
    content {
      destination_arn = access_log_settings.value
      format = jsonencode({
        request  = "$context.requestId"
        endpoint = "$context.identity.vpceId"
        path     = "$context.path"
        status   = "$context.status"
      })
    }
  }
}

resource "aws_api_gateway_method_settings" "this" {
  count       = var.requests_per_s == null ? 0 : 1
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    throttling_rate_limit  = var.requests_per_s
    throttling_burst_limit = var.requests_per_s
  }
}
