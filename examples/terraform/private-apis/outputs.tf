output "consumer_vpc" {
  value = module.consumer_network.vpc
}
output "application_vpc" {
  value = module.application_network.vpc
}
output "other_vpc" {
  value = module.other_network.vpc
}
output "invoke_url" {
  value = module.application_api.url
}
output "other_invoke_url" {
  value = module.other_api.url
}
output "openapi_invoke_url" {
  value = one(aws_api_gateway_stage.openapi[*].invoke_url)
}
output "api_key" {
  value     = aws_api_gateway_api_key.consumer.value
  sensitive = true
}
