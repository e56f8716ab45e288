"""How the programs talk to the hub: one HTTP call, and one line of outcome.

Where the hub is and who we are comes from the environment; without it, the sandbox on this
machine is meant. Test and production differ in the credential alone, never in the URLs.
"""

import base64
import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass

# A trailing slash always: paths are appended as they are.
BASE_URL = os.environ.get("ENTITLE_URL", "http://127.0.0.1:8080/").rstrip("/") + "/"
USER = os.environ.get("ENTITLE_USER", "sandbox")
PASSWORD = os.environ.get("ENTITLE_PASSWORD", "sandbox")

# The hub answers every request within 12 seconds; whoever waits longer never gives up too early.
TIMEOUT_S = 15

# Straight to the hub, whatever proxy the environment names for browsers.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Outcome:
    """What came of a call: which branch the program took, and what it brought."""

    branch: str
    entitlement: dict | None = None
    url: str | None = None


class Stopped(Exception):
    """The answer leaves no entitlement in our hands; `branch` says which answer it was."""

    def __init__(self, branch, text):
        super().__init__(text)
        self.branch = branch


def authorization_header():
    """HTTP Basic: user and password, in UTF-8."""
    return "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def call(method, path, body=None, headers=None, timeout_s=TIMEOUT_S):
    """Send `body` as JSON and return the JSON that comes back, whatever the HTTP status is.

    Every answer of the hub has a responseCode; a refusal is an answer too, not an exception.
    """
    request = urllib.request.Request(
        BASE_URL + path,
        method=method,
        headers={
            "Authorization": authorization_header(),
            "Content-Type": "application/json",
            **(headers or {}),
        },
        data=None if body is None else json.dumps(body).encode(),
    )
    try:
        with _opener.open(request, timeout=timeout_s) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as refusal:
        with refusal:
            answer = json.load(refusal)
    say(f"{method} {BASE_URL}{path}: {answer['responseCode']}, {answer['responseMessage']}")
    return answer


def expect(answer):
    """The same answer, if it is a success; else the program ends with the hub's own words."""
    if "error" in answer:
        say(f"Sorry: {answer['responseMessage']} ({answer['error']['rule']}). {answer['error']['hint'] or ''}")
        sys.exit(1)
    return answer


def new_customer(name):
    """A customer nobody has used before, so that a program can run again and again."""
    return f"{name}-{secrets.token_hex(4)}"


def send_user_to(url):
    """A shop would redirect the customer's browser; at a command line we show the address."""
    say(f"The customer has to open this page: {url}")


def name_and_value(text):
    """One `name=value` of a command line."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text} is not name=value")
    return name, value


def say(text):
    """For people: standard error. Standard output carries the outcome alone."""
    print(text, file=sys.stderr)


def finish(outcome):
    """End the program with one line of JSON, and exit code 0 if there is an entitlement."""
    print(json.dumps(outcome.__dict__))
    sys.exit(0 if outcome.entitlement else 1)
