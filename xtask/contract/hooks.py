"""What the generated calls must not do, or have to do to get anywhere; each with its reason."""

import re

import schemathesis

IDENTITY = re.compile("[!-~]{1,128}")
KEY = re.compile("[^\x00-\x1f\x7f-\x9f]{1,128}")
DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
PRODUCTS = ["MUSIC", "MUSIC_NOW", "MUSIC_CODE", "MUSIC_LATER", "MUSIC_NO", "MUSIC_DOWN"]


@schemathesis.hook
def before_call(context, case, kwargs):
    one_identity(case)
    if case.operation.definition.raw.get("operationId") == "create" and isinstance(case.body, dict):
        something_sold(case.body)


def one_identity(case):
    """Two names of one identity with different values are refused, which no schema can say. A value
    out of order stays, and has to be refused."""
    headers = case.headers or {}
    if "X-RequestIdentifier" in headers and IDENTITY.fullmatch(str(headers.get("Idempotency-Key", ""))):
        del headers["Idempotency-Key"]


def something_sold(body):
    """Nobody sells what is made up, and no date made up lies ahead: values in order become such that a
    create can go through. Values out of order stay, and have to be refused."""
    product = body.get("productKey")
    if is_like(KEY, product):
        body["productKey"] = PRODUCTS[len(product) % len(PRODUCTS)]
    if is_like(KEY, body.get("merchantAccountKey")):
        body["merchantAccountKey"] = "BANGO_US"
    if is_like(KEY, body.get("offerKey")):
        del body["offerKey"]
    if is_like(DATE, body.get("dateExpiry")):
        body["dateExpiry"] = "2199-12-31T23:59:59Z"


def is_like(pattern, value):
    return isinstance(value, str) and pattern.fullmatch(value) is not None
