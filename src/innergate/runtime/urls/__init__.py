"""Function URLs: a call becomes an event of format 2.0, and what the function gives becomes the answer.

`execute_url` is the whole way, sans-io like the exchanges of APIs; `authorize.url_access` says who may, `url_cors` what pages
of other sites may, `url_event` and `url_answer` are the two forms, and `url_calls` is the worker's door to all of it.
"""
