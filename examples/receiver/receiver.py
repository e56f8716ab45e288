#!/usr/bin/env python3
"""Receive notifications: check who sent them, print each one once, in order.

    ENTITLE_WEBHOOK_SECRET=whsec_... python3 receiver.py --listen 127.0.0.1:9000

The secret is the one the hub shows at its start. Then create an entitlement with
`--notification-url http://127.0.0.1:9000/anything`.
"""

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

# A signature older or newer than this is a recording played back, or a clock gone wrong.
TOLERANCE_S = 5 * 60
# No notification is larger: the record's free part alone is limited to 32 KiB.
BODY_BYTES_MAX = 256 * 1024


def signing_key():
    """The secret's bytes: what stands after `whsec_`, in Base64."""
    secret = os.environ.get("ENTITLE_WEBHOOK_SECRET", "")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        sys.exit("ENTITLE_WEBHOOK_SECRET has to hold the webhook secret, whsec_ and Base64.")
    return key


def is_signed(key, headers, body, now):
    """Standard Webhooks: HMAC-SHA256 over id, timestamp and body; any of the signatures may fit."""
    identity = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(now - int(timestamp)) > TOLERANCE_S:
        return False
    content = f"{identity}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in given)


class Passed:
    """The highest notificationSequence seen of each entitlement.

    Delivery is at least once, and in order: a lower or equal number is a repeat. A real receiver
    keeps these numbers in its database, in the transaction that acts on the notification.
    """

    def __init__(self):
        self._lock = Lock()
        self._highest = {}

    def is_new(self, entitlement_id, sequence):
        with self._lock:
            if sequence <= self._highest.get(entitlement_id, 0):
                return False
            self._highest[entitlement_id] = sequence
            return True


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what is signed, repeats included; 401 to everything else."""

    key = b""
    passed = Passed()

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_signed(self.key, self.headers, body, time.time()):
            print("dropped: the signature is missing, old or wrong", file=sys.stderr)
            return self.answer(401)

        told = json.loads(body)
        entitlement_id, sequence = told["entitlementId"], told["notificationSequence"]
        if self.passed.is_new(entitlement_id, sequence):
            print(f"{entitlement_id} #{sequence} {told['notificationReason']}: {told['status']}", flush=True)
        else:
            print(f"dropped: {entitlement_id} #{sequence} has passed", file=sys.stderr)
        return self.answer(204)

    def answer(self, status):
        self.send_response(status)
        # 204 has no body, and so no length either.
        if status != 204:
            self.send_header("content-length", "0")
            self.close_connection = True
        self.end_headers()

    def log_message(self, *_):
        """The hub's own log has every attempt; one line a notification is enough here."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Receive and verify notifications.")
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:9000")
    host, _, port = parser.parse_args().listen.rpartition(":")
    Receiver.key = signing_key()
    with ThreadingHTTPServer((host, int(port)), Receiver) as server:
        print(f"waiting for notifications on http://{host}:{server.server_port}/", file=sys.stderr, flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("", file=sys.stderr)
