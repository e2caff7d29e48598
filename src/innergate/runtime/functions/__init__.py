"""The functions' supervisor: runs Lambda functions as local processes that speak the Lambda Runtime API.

`supervisor` joins the parts: `function_documents` says what runs, `code_folder` unpacks it, `pool` keeps processes warm, each
an `execution_environment` in a `sandbox` with a `runtime_api` of its own. `invoke_api` answers callers, `event_queue` tries
what was invoked asynchronously, `log_file` keeps what functions say until control reads it.
"""
