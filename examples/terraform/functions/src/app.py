"""Greets whoever is named."""

import os


def handler(event, context):
    """`{"name": "you"}` gives `{"text": "hello, you"}`."""
    return {"text": f"{os.environ.get('GREETING', 'hi')}, {event.get('name', 'stranger')}"}
