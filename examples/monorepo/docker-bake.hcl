variable "REGISTRY" {
  default = ""
}

variable "VERSION" {
  default = "dev"
  validation {
    condition     = VERSION == "dev" || can(regex("^[0-9]+(\\.[0-9]+)*$", VERSION))
    error_message = "VERSION is dev or numbers with dots between."
  }
}

variable "SERVICES" {
  default = {
    catalogue = { port = 8000, greeting = "Hello" }
    orders    = { port = 8001, greeting = "Thank you" }
  }
}

function "tags" {
  params = [name]
  result = compact([
    "${REGISTRY == "" ? "" : "${REGISTRY}/"}shop/${name}:${VERSION}",
    VERSION == "dev" ? "" : "${REGISTRY == "" ? "" : "${REGISTRY}/"}shop/${name}:latest",
  ])
}

group "default" {
  targets = ["service"]
}

target "_common" {
  labels = {
    "org.opencontainers.image.version" = VERSION
    "org.opencontainers.image.vendor"  = "The Shop"
  }
}

target "base" {
  inherits = ["_common"]
  context  = "base"
}

target "service" {
  name       = name
  inherits   = ["_common"]
  matrix     = { name = keys(SERVICES) }
  context    = "services/${name}"
  dockerfile = "../../service.Dockerfile"
  contexts = {
    base = "target:base"
    libs = "libs"
  }
  args = {
    NAME     = name
    PORT     = SERVICES[name].port
    GREETING = SERVICES[name].greeting
  }
  tags = tags(name)
}
