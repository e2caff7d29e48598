# An internal network load balancer: TCP port 80 to addresses.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" { type = string }
variable "vpc" { type = string }
variable "subnets" { type = list(string) }
variable "addresses" {
  description = "The targets; the list's length must be known when planning."
  type        = list(string)
}
variable "zone" {
  description = "\"all\" for addresses outside the VPC."
  type        = string
  default     = null
}
variable "security_groups" {
  type    = list(string)
  default = null
}
variable "cross_zone" {
  type    = bool
  default = false
}

resource "aws_lb" "this" {
  name                                                         = var.name
  load_balancer_type                                           = "network"
  internal                                                     = true
  subnets                                                      = var.subnets
  security_groups                                              = var.security_groups
  enable_cross_zone_load_balancing                             = var.cross_zone
  enforce_security_group_inbound_rules_on_private_link_traffic = var.security_groups == null ? null : "off"
}

resource "aws_lb_target_group" "this" {
  name        = var.name
  vpc_id      = var.vpc
  protocol    = "TCP"
  port        = 80
  target_type = "ip"

  health_check {
    protocol            = "TCP"
    interval            = 5
    timeout             = 2
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_target_group_attachment" "this" {
  count             = length(var.addresses)
  target_group_arn  = aws_lb_target_group.this.arn
  target_id         = var.addresses[count.index]
  port              = 80
  availability_zone = var.zone
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "TCP"
  port              = 80

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

output "arn" { value = aws_lb.this.arn }
output "dns_name" { value = aws_lb.this.dns_name }
