"""What Envoy cannot do: the execution of methods with templates. So far it holds the template language and its objects.

`vtl` is the language, `mapping` what API Gateway puts into it. Both are pure: text and values in, text out.
"""
