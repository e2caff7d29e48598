# With access_logs: a log group, and the role by which API Gateway may write into it.

resource "aws_cloudwatch_log_group" "access" {
  provider          = aws.gateway
  count             = var.access_logs ? 1 : 0
  name              = "/${var.prefix}/access"
  retention_in_days = 3
}

data "aws_iam_policy_document" "gateway_assumes" {
  provider = aws.gateway
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "gateway_writes" {
  provider = aws.gateway
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "logs" {
  provider           = aws.gateway
  count              = var.access_logs ? 1 : 0
  name               = "${var.prefix}-logs"
  assume_role_policy = data.aws_iam_policy_document.gateway_assumes.json
}

resource "aws_iam_role_policy" "logs" {
  provider = aws.gateway
  count    = var.access_logs ? 1 : 0
  name     = "write"
  role     = aws_iam_role.logs[0].id
  policy   = data.aws_iam_policy_document.gateway_writes.json
}

resource "aws_api_gateway_account" "this" {
  provider            = aws.gateway
  count               = var.access_logs ? 1 : 0
  cloudwatch_role_arn = aws_iam_role.logs[0].arn
  depends_on          = [aws_iam_role_policy.logs]
}
