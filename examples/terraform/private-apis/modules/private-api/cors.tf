# Browsers ask first: OPTIONS on both resources is answered by a mock.

locals {
  cors = {
    Headers = "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token'"
    Methods = "'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'"
    Origin  = "'*'"
  }
  cors_headers = { for name, value in local.cors : "method.response.header.Access-Control-Allow-${name}" => value }
}

resource "aws_api_gateway_method" "cors" {
  for_each      = local.resources
  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = each.value.id
  http_method   = "OPTIONS"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "cors" {
  for_each             = local.resources
  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = each.value.id
  http_method          = aws_api_gateway_method.cors[each.key].http_method
  type                 = "MOCK"
  passthrough_behavior = "WHEN_NO_MATCH"
  request_templates    = { "application/json" = jsonencode({ statusCode = 200 }) }
}

resource "aws_api_gateway_method_response" "cors" {
  for_each            = local.resources
  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = each.value.id
  http_method         = aws_api_gateway_method.cors[each.key].http_method
  status_code         = "200"
  response_models     = { "application/json" = "Empty" }
  response_parameters = { for name in keys(local.cors_headers) : name => true }
}

resource "aws_api_gateway_integration_response" "cors" {
  for_each            = local.resources
  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = each.value.id
  http_method         = aws_api_gateway_integration.cors[each.key].http_method
  status_code         = aws_api_gateway_method_response.cors[each.key].status_code
  response_parameters = local.cors_headers
}
