variable "name" {
  type = string
}
variable "stage" {
  type = string
}
variable "entry" {
  description = "The execute-api endpoint that callers must come through."
  type        = string
}
variable "link" {
  description = "The VPC link's id."
  type        = string
}
variable "backend" {
  description = "The DNS name of the link's load balancer."
  type        = string
}
variable "needs_key" {
  description = "Whether callers must show an API key."
  type        = bool
  default     = false
}
variable "requests_per_s" {
  description = "The stage's throttle; null for none."
  type        = number
  default     = null
}
variable "writes_access_logs" {
  type    = bool
  default = false
}
variable "log_group" {
  description = "The ARN of the access log's group, with writes_access_logs."
  type        = string
  default     = null
}

output "id" {
  value = aws_api_gateway_rest_api.this.id
}
output "stage" {
  value = aws_api_gateway_stage.this.stage_name
}
output "url" {
  value = aws_api_gateway_stage.this.invoke_url
}
