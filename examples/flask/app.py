"""A Flask application as a Lambda function: an ordinary application, and one line of an adapter from PyPI."""

from apig_wsgi import make_lambda_handler
from flask import Flask, Response, jsonify, make_response, redirect, request

app = Flask(__name__)
PIXEL = bytes.fromhex("89504e470d0a1a0a") + bytes(range(256))


@app.get("/hello/<name>")
def hello(name: str) -> Response:
    """JSON, from the path, the query string and a cookie."""
    return jsonify(hello=name, colours=request.args.getlist("colour"), seen=request.cookies.get("seen"))


@app.post("/echo")
def echo() -> tuple[Response, int]:
    """What was posted."""
    return jsonify(posted=request.get_json(), host=request.host), 201


@app.put("/upload")
def upload() -> str:
    """The size of a binary body, and whether it came whole."""
    return f"{len(request.data)} {request.data == PIXEL}"


@app.get("/pixel.png")
def pixel() -> Response:
    """A binary answer."""
    return Response(PIXEL, mimetype="image/png")


@app.get("/login")
def login() -> Response:
    """Two cookies, which need two header fields."""
    answer = make_response("welcome")
    answer.set_cookie("session", "abc", httponly=True)
    answer.set_cookie("seen", "yes")
    return answer


@app.get("/old")
def old() -> Response:
    """A redirect."""
    return make_response(redirect("/test/hello/again", code=302))


handler = make_lambda_handler(app, binary_support=True)
