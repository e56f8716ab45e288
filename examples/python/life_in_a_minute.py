#!/usr/bin/env python3
"""A subscription's whole life in a minute: the test clock carries it through its months.

    python3 life_in_a_minute.py

It moves the sandbox's clock on by some two months, and the clock never goes back:
`POST /sandbox/v1/reset` empties the sandbox and returns to the real time.
"""

import urllib.parse
import urllib.request

from hub import call, expect, new_customer, say


def main():
    """Sign-up, confirmation, upgrade, an unpaid bill, a cancel, the end of the month paid for."""
    customer = new_customer("heidi")
    sold = {"customerIdentifier": customer, "merchantAccountKey": "BANGO_US", "productKey": "MUSIC"}
    created = expect(call("POST", "entitlement", sold))
    entitlement_id = created["entitlementId"]
    press_confirm(created["parameters"]["url"])

    advance("P10D")
    update(entitlement_id, productKey="MUSIC_PREMIUM")
    advance("P15D")
    update(entitlement_id, entitlementBenefits="SUSPENDED")
    advance("P2D")
    update(entitlement_id, entitlementBenefits="NORMAL")
    advance("P10D")
    reason = {"cancelReasonCategory": "CUSTOMER_CANCELLED", "cancelReasonCode": "NOT_RENEWED"}
    expect(call("POST", f"entitlement/cancel/{entitlement_id}", reason))

    print("Planned:")
    for plan in expect(call("GET", "sandbox/v1/clock"))["forecast"]:
        # What is being told right now is on its way, not planned.
        if plan["entitlementId"] == entitlement_id and plan["what"] != "DELIVERY":
            print(f"  {plan['at']}  {plan['what']}")
    advance("P31D")

    print(f"The life of {customer}:")
    for event in expect(call("GET", f"entitlement/{entitlement_id}/history"))["events"]:
        status = [change["new"] for change in event["changes"] if change["field"] == "status"]
        print(f"  {event['at']}  {event['event']:<16} by {event['actor']:<9} {status[0] if status else ''}".rstrip())
    ended = expect(call("GET", f"entitlement/{entitlement_id}"))
    print(f"It is {ended['status']} since {ended['dateEnded']}.")


def press_confirm(url):
    """What the customer does in the browser."""
    form = urllib.parse.urlencode({"choice": "confirm"}).encode()
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, form) as page:
        say(f"POST {url}: {page.status}, confirmed")


def update(entitlement_id, **properties):
    """One PATCH."""
    expect(call("PATCH", "entitlement", {"entitlementId": entitlement_id, **properties}))


def advance(span):
    """Let time pass; whatever is due on the way happens in its order, each at its own moment."""
    moved = expect(call("POST", "sandbox/v1/clock", {"advance": span}, timeout_s=40))
    say(f"It is {moved['now']}.")


if __name__ == "__main__":
    main()
