# Private APIs across accounts and networks.
#
# Three accounts with the same address range: "application" owns a service, "gateway" offers it as a private REST API over
# PrivateLink and a VPC link, "consumer" calls it from its own network. A second API reaches another network by address,
# through a transit gateway. The providers find the platform by AWS_ENDPOINT_URL; without that variable this is plain AWS.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 7.0"
    }
  }
}

provider "aws" {
  alias                   = "application"
  region                  = var.region
  access_key              = var.keys.application.id
  secret_key              = var.keys.application.secret
  skip_metadata_api_check = true
}

provider "aws" {
  alias                   = "gateway"
  region                  = var.region
  access_key              = var.keys.gateway.id
  secret_key              = var.keys.gateway.secret
  skip_metadata_api_check = true
}

provider "aws" {
  alias                   = "consumer"
  region                  = var.region
  access_key              = var.keys.consumer.id
  secret_key              = var.keys.consumer.secret
  skip_metadata_api_check = true
}

data "aws_caller_identity" "gateway" {
  provider = aws.gateway
}

locals {
  zones = [for letter in ["a", "b"] : "${var.region}${letter}"]
}

module "application_network" {
  source    = "./modules/network"
  providers = { aws = aws.application }
  name      = "${var.prefix}-application"
  range     = var.range
  zones     = local.zones
}

module "gateway_network" {
  source    = "./modules/network"
  providers = { aws = aws.gateway }
  name      = "${var.prefix}-gateway"
  range     = var.range
  zones     = local.zones
}

module "consumer_network" {
  source    = "./modules/network"
  providers = { aws = aws.consumer }
  name      = "${var.prefix}-consumer"
  range     = var.range
  zones     = local.zones
}
