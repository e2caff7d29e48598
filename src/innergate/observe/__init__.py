"""Why things are as they are. `explain` follows a call through the engine that compiles it and says what stops it.

`explain_call` reads what was asked, `explain_entry` goes to the endpoint, `explain_gateway` through API, policies and method,
`explain_backend` along the private path; `explain_trace` keeps the notes and `explanation` is what comes out.
"""
