"""The AWS front as the runtime's workers reach it: on a unix socket, without the pages that are an operator's."""

from innergate.runtime.http_app import Answer, App, Receive, Scope, Send, send_answer

_NO_PAGE = Answer(404, (("content-type", "application/json"),), b'{"message":"integrations reach services only"}')


def for_integrations(front: App) -> App:
    """`front` for signed calls of AWS integrations, whose paths are tenants'."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "/_innergate" in scope["path"]:
            await send_answer(send, _NO_PAGE, scope["method"] == "HEAD")
            return
        await front(scope, receive, send)

    return app
