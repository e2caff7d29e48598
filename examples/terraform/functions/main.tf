# A function with a version, an alias, a permission and a place in a VPC.
#
# `package` is a zip file with app.py: (cd src && zip ../function.zip app.py). The provider finds the platform by
# AWS_ENDPOINT_URL; without that variable this is plain AWS.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 7.0"
    }
  }
}

variable "package" {
  type    = string
  default = "function.zip"
}

provider "aws" {
  region                  = "us-east-1"
  skip_metadata_api_check = true
}

data "aws_caller_identity" "me" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "worker" {
  name               = "functions-worker"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_cloudwatch_log_group" "hello" {
  name              = "/aws/lambda/functions-hello"
  retention_in_days = 7
}

resource "aws_lambda_function" "hello" {
  function_name                  = "functions-hello"
  role                           = aws_iam_role.worker.arn
  runtime                        = "python3.11"
  handler                        = "app.handler"
  filename                       = var.package
  source_code_hash               = filebase64sha256(var.package)
  publish                        = true
  timeout                        = 10
  memory_size                    = 192
  reserved_concurrent_executions = 5
  depends_on                     = [aws_cloudwatch_log_group.hello]

  environment {
    variables = {
      GREETING = "hello"
    }
  }

  tags = {
    team = "functions"
  }
}

resource "aws_lambda_layer_version" "shared" {
  layer_name          = "functions-shared"
  filename            = var.package
  source_code_hash    = filebase64sha256(var.package)
  compatible_runtimes = ["python3.11", "python3.12"]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.hello.function_name
  function_version = aws_lambda_function.hello.version
}

resource "aws_lambda_permission" "gateway" {
  statement_id  = "gateway"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.hello.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:aws:execute-api:us-east-1:${data.aws_caller_identity.me.account_id}:*/*/GET/hello"
}

resource "aws_lambda_function_event_invoke_config" "hello" {
  function_name                = aws_lambda_function.hello.function_name
  maximum_retry_attempts       = 1
  maximum_event_age_in_seconds = 600
}

resource "aws_lambda_invocation" "first" {
  function_name = aws_lambda_function.hello.function_name
  qualifier     = aws_lambda_alias.live.name
  input         = jsonencode({ name = "terraform" })
}

resource "aws_vpc" "inside" {
  cidr_block = "10.30.0.0/16"
}

resource "aws_subnet" "inside" {
  vpc_id            = aws_vpc.inside.id
  cidr_block        = "10.30.1.0/24"
  availability_zone = "us-east-1a"
}

resource "aws_security_group" "inside" {
  name   = "functions-inside"
  vpc_id = aws_vpc.inside.id
}

resource "aws_lambda_function" "inside" {
  function_name    = "functions-inside"
  role             = aws_iam_role.worker.arn
  runtime          = "python3.12"
  handler          = "app.handler"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  layers           = [aws_lambda_layer_version.shared.arn]

  vpc_config {
    subnet_ids         = [aws_subnet.inside.id]
    security_group_ids = [aws_security_group.inside.id]
  }
}

output "said" {
  value = jsondecode(aws_lambda_invocation.first.result)
}
