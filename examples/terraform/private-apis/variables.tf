variable "keys" {
  description = "The access key of each account."
  type = object({
    application = object({ id = string, secret = string })
    gateway     = object({ id = string, secret = string })
    consumer    = object({ id = string, secret = string })
  })
  sensitive = true
}

variable "region" {
  type    = string
  default = "us-east-1"
}

variable "prefix" {
  description = "Every name starts with it."
  type        = string
  default     = "private-apis"
}

variable "range" {
  description = "The address range of all three accounts' networks."
  type        = string
  default     = "10.0.0.0/16"
}

variable "pods" {
  description = "Addresses of the application's hosts."
  type        = list(string)
  default     = ["10.0.1.21", "10.0.2.22"]
}

variable "other_range" {
  description = "The address range of the other network."
  type        = string
  default     = "172.31.0.0/16"
}

variable "other_host" {
  description = "The address of the other network's backend."
  type        = string
  default     = "172.31.12.59"
}

variable "access_logs" {
  description = "Write the first API's access log into a log group."
  type        = bool
  default     = false
}

variable "openapi" {
  description = "Import a third API from an OpenAPI document."
  type        = bool
  default     = false
}
