#!/usr/bin/env python3
"""Why can my customer not watch? Explain says it in one sentence, and who has to act.

    python3 why_suspended.py        makes a suspended entitlement and explains it
    python3 why_suspended.py ID     explains one that is there
"""

import argparse

from hub import call, expect, new_customer


def make_a_suspended_one():
    """A customer whose bill is unpaid."""
    created = expect(
        call(
            "POST",
            "entitlement",
            {
                "customerIdentifier": new_customer("erin"),
                "merchantAccountKey": "BANGO_US",
                "productKey": "MUSIC_NOW",
            },
        )
    )
    suspended = {
        "entitlementId": created["entitlementId"],
        "entitlementBenefits": "SUSPENDED",
        "suspendReasonCategory": "ACTIVATION_ROLLBACK",
        "suspendReasonCode": "CUSTOMER_PAYMENT_DEFAULT",
        "suspendReasonDescription": "the bill of October is unpaid",
    }
    return expect(call("PATCH", "entitlement", suspended))["entitlementId"]


def explain(entitlement_id):
    """Print what a person on the phone can say, and what a program can do about it."""
    told = expect(call("GET", f"entitlement/{entitlement_id}/explain"))
    print(told["sentence"])
    print()
    print(f"  status   {told['status']} since {told['since']}")
    print(f"  awaited  {told['awaited'] or 'nobody'}")
    for hold in told["holds"]:
        reason = hold["reason"] or {}
        said = " / ".join(filter(None, map(reason.get, ("category", "code", "description"))))
        print(f"  held by  {hold['owner']} since {hold['since']}: {said or 'no reason given'}")
    print(f"  allowed  {', '.join(told['allowed']) or 'nothing'}")
    for verb, rule in told["refused"].items():
        print(f"  refused  {verb}: {rule}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Explain where an entitlement stands.")
    parser.add_argument("entitlement_id", metavar="ID", nargs="?")
    explain(parser.parse_args().entitlement_id or make_a_suspended_one())
