# A VPC with a subnet in each zone and one route table for all of them.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" { type = string }
variable "range" { type = string }
variable "zones" { type = list(string) }
variable "first_subnet" {
  description = "The third octet of the first subnet."
  type        = number
  default     = 1
}

resource "aws_vpc" "this" {
  cidr_block           = var.range
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

resource "aws_subnet" "this" {
  for_each          = { for index, zone in var.zones : zone => index + var.first_subnet }
  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.range, 8, each.value)
  tags              = { Name = "${var.name}-${each.key}" }
}

resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

resource "aws_route_table_association" "this" {
  for_each       = aws_subnet.this
  subnet_id      = each.value.id
  route_table_id = aws_route_table.this.id
}

# What is put into the VPC wants its subnets: targets are checked against them.
output "vpc" {
  value      = aws_vpc.this.id
  depends_on = [aws_subnet.this]
}
output "subnets" { value = [for zone in var.zones : aws_subnet.this[zone].id] }
output "route_table" { value = aws_route_table.this.id }
