#!/usr/bin/env python3
"""What would a tier change do? A dry run answers as the change would, and changes nothing.

    python3 tier_change.py                       makes an entitlement to MUSIC_NOW and asks
    python3 tier_change.py ID MUSIC_PREMIUM      asks about one that is there
"""

import argparse

from hub import call, expect, new_customer


def make_one():
    """An active entitlement in the lower tier."""
    body = {
        "customerIdentifier": new_customer("frank"),
        "merchantAccountKey": "BANGO_US",
        "productKey": "MUSIC_NOW",
    }
    return expect(call("POST", "entitlement", body))["entitlementId"]


def ask(entitlement_id, product_key):
    """Compare the record as it is with the record as it would be."""
    now = expect(call("GET", f"entitlement/{entitlement_id}"))
    change = {"entitlementId": entitlement_id, "productKey": product_key}
    then = expect(call("PATCH", "entitlement", change, headers={"Prefer": "validate-only"}))

    print(f"{now['productKey']} to {product_key} would be answered {then['responseCode']}, and change:")
    envelope = ("responseCode", "responseMessage", "parameters")
    for name, value in then.items():
        if name not in envelope and value != now[name]:
            print(f"  {name}: {now[name]} -> {value}")
    print(f"Notified would be: {', '.join(then['parameters']['wouldNotify']) or 'nothing'}")
    print(f"Nobody can know yet: {', '.join(then['parameters']['assumed']) or 'nothing'}")

    after = expect(call("GET", f"entitlement/{entitlement_id}"))
    print("Nothing was changed." if after == now else "Something has changed meanwhile.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Ask what a change of product would do.")
    parser.add_argument("entitlement_id", metavar="ID", nargs="?")
    parser.add_argument("product_key", metavar="PRODUCT", nargs="?", default="MUSIC_PREMIUM")
    arguments = parser.parse_args()
    ask(arguments.entitlement_id or make_one(), arguments.product_key)
