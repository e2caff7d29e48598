"""Whether a call may pass: AWS_IAM, Lambda authorizers, user pools, the resource policy that combines with them, API keys.

`verdict` is the door: `authorize` asks for effects (a function, an issuer's keys) and ends with Authorized or Denied. `outcome`
says what those are, `question` what is asked, `memory` what a worker keeps between calls. One module a kind of authorizer:
`lambda_authorizer` (its events in `authorizer_event`, its answers in `authorizer_answer`), `user_pool` (tokens in `web_token`),
`caller` (signatures). `gates` joins each of them with the resource policy and the endpoint's, by AWS's tables.
"""
