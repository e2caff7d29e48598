# An internal application load balancer with rules of every kind, and a VPC link V2 into the same subnets.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint_url" {
  type    = string
  default = "http://127.0.0.1:4566"
}

variable "certificate" {
  description = "A certificate and its key, in PEM, for HTTPS."
  type        = object({ certificate = string, key = string })
}

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    acm          = var.endpoint_url
    apigatewayv2 = var.endpoint_url
    ec2          = var.endpoint_url
    elbv2        = var.endpoint_url
    sts          = var.endpoint_url
  }
}

resource "aws_vpc" "shop" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "balanced" }
}

resource "aws_subnet" "of" {
  for_each          = { "us-east-1a" = "10.0.1.0/24", "us-east-1b" = "10.0.2.0/24" }
  vpc_id            = aws_vpc.shop.id
  availability_zone = each.key
  cidr_block        = each.value
}

resource "aws_security_group" "web" {
  name        = "web"
  description = "what the VPC may ask"
  vpc_id      = aws_vpc.shop.id

  dynamic "ingress" {
    for_each = [80, 443]
    content {
      protocol    = "tcp"
      from_port   = ingress.value
      to_port     = ingress.value
      cidr_blocks = [aws_vpc.shop.cidr_block]
    }
  }

  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

# -- targets ----------------------------------------------------------------------------------------------------------

locals {
  hosts = { web = "10.0.1.31", orders = "10.0.2.31" }
}

resource "aws_lb_target_group" "of" {
  for_each             = local.hosts
  name                 = each.key
  protocol             = "HTTP"
  port                 = 80
  target_type          = "ip"
  vpc_id               = aws_vpc.shop.id
  deregistration_delay = 5

  health_check {
    path                = "/health"
    matcher             = "200-299"
    interval            = 5
    timeout             = 2
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  stickiness {
    type            = "lb_cookie"
    cookie_duration = 600
    enabled         = each.key == "orders"
  }
}

resource "aws_lb_target_group_attachment" "of" {
  for_each         = local.hosts
  target_group_arn = aws_lb_target_group.of[each.key].arn
  target_id        = each.value
  depends_on       = [aws_subnet.of]
}

# -- the load balancer ------------------------------------------------------------------------------------------------

resource "aws_lb" "shop" {
  name               = "shop"
  internal           = true
  load_balancer_type = "application"
  subnets            = [for subnet in aws_subnet.of : subnet.id]
  security_groups    = [aws_security_group.web.id]
  idle_timeout       = 30
}

resource "aws_acm_certificate" "shop" {
  private_key      = var.certificate.key
  certificate_body = var.certificate.certificate
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.shop.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"
    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.shop.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = aws_acm_certificate.shop.arn
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.of["web"].arn
  }
}

resource "aws_lb_listener_rule" "orders" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 10

  action {
    type = "forward"
    forward {
      target_group {
        arn    = aws_lb_target_group.of["orders"].arn
        weight = 100
      }
      target_group {
        arn    = aws_lb_target_group.of["web"].arn
        weight = 0
      }
      stickiness {
        enabled  = true
        duration = 600
      }
    }
  }

  condition {
    path_pattern {
      values = ["/orders", "/orders/*"]
    }
  }

  condition {
    host_header {
      values = ["*.shop.example"]
    }
  }
}

resource "aws_lb_listener_rule" "refused" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 20

  action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "not from here"
      status_code  = "403"
    }
  }

  condition {
    source_ip {
      values = ["10.0.0.0/16"]
    }
  }

  condition {
    query_string {
      key   = "debug"
      value = "*"
    }
  }

  condition {
    http_header {
      http_header_name = "X-Kind"
      values           = ["*test*"]
    }
  }

  condition {
    http_request_method {
      values = ["GET", "HEAD"]
    }
  }
}

# -- a way in for APIs ------------------------------------------------------------------------------------------------

resource "aws_apigatewayv2_vpc_link" "shop" {
  name               = "shop"
  subnet_ids         = [for subnet in aws_subnet.of : subnet.id]
  security_group_ids = [aws_security_group.web.id]
  tags               = { part = "entry" }
}

output "dns_name" {
  value = aws_lb.shop.dns_name
}

output "link" {
  value = aws_apigatewayv2_vpc_link.shop.id
}
