#!/usr/bin/env python3
"""Create an entitlement: ask a merchant to give a customer access to a product.

    python3 create_entitlement.py alice BANGO_US MUSIC_NOW
"""

import argparse

from hub import Outcome, Stopped, call, finish, say, send_user_to


def create_entitlement(customer, merchant, product, offer=None, notification_url=None, entitlement_id=None):
    """Create one entitlement; `outcome.entitlement` is None if there is none afterwards."""
    outcome = Outcome("NO_ANSWER")

    body = {
        # The customer, by whatever name our own systems use; it means nothing to anybody else.
        "customerIdentifier": customer,
        # Whose service it is, and which one. The operator of the hub tells us these keys.
        "merchantAccountKey": merchant,
        "productKey": product,
        # Under which offer; None where the product has none.
        "offerKey": offer,
        # Where we want to hear of later changes, such as the end of a PENDING.
        "notificationUrl": notification_url,
    }
    if entitlement_id is not None:
        # We may name the entitlement ourselves; otherwise the hub does.
        body["entitlementId"] = entitlement_id

    try:
        answer = call("POST", "entitlement", body)

        match answer["responseCode"]:
            # It exists. ACTIVE: the customer has the service now. PENDING: the merchant takes
            # its time, and a notification tells when the customer has it.
            case "OK":
                outcome = Outcome("OK", answer)

            # It exists and is PENDING, because somebody has to do something first.
            case "CLIENT_ACTION_REQUIRED":
                match answer["parameters"]["action"]:
                    # The customer visits a page of the merchant: sign up, confirm, accept terms.
                    # How that went is told to the notificationUrl.
                    case "NAVIGATE_TO_URL":
                        url = answer["parameters"]["url"]
                        send_user_to(url)
                        outcome = Outcome("CLIENT_ACTION_REQUIRED/NAVIGATE_TO_URL", answer, url)

                    case action:
                        raise Stopped("UNRECOGNIZED_ACTION", f"the hub asks for {action}, which we do not know")

            # No entitlement, and asking again will not help: look at the request.
            case (
                "BAD_REQUEST"  # a field is missing or wrong; responseMessage names it
                | "UNAUTHORIZED"  # user or password is wrong
                | "NOT_AVAILABLE"  # not sold to us, or the merchant does not want this customer
                | "ALREADY_EXISTS"  # the entitlementId we chose is taken
                | "TOO_MANY_REQUESTS"  # we are too fast: Retry-After says when to come back
            ) as code:
                raise Stopped(code, "the entitlement was not created")

            # The hub or the merchant is in trouble; likely to pass. A real shop tries again after
            # a while with the same X-RequestIdentifier, so that nothing can happen twice.
            case ("INTERNAL_ERROR" | "SERVICE_UNAVAILABLE") as code:
                raise Stopped(code, "the hub cannot create entitlements at the moment")

            case code:
                raise Stopped("UNRECOGNIZED_CODE", f"the hub answers {code}, which we do not know")

    except Stopped as stopped:
        say(f"Sorry: {stopped}.")
        outcome = Outcome(stopped.branch)
    except (OSError, ValueError, LookupError) as problem:
        # No connection, or something that is not an answer of the hub. A real shop writes this
        # to its log and tells the customer that it will look into it.
        say(f"Sorry, no usable answer from the hub: {problem}.")

    return outcome


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Create an entitlement.")
    parser.add_argument("customer", metavar="CUSTOMER")
    parser.add_argument("merchant", metavar="MERCHANT")
    parser.add_argument("product", metavar="PRODUCT")
    parser.add_argument("--offer", metavar="KEY")
    parser.add_argument("--notification-url", metavar="URL")
    parser.add_argument("--entitlement-id", metavar="ID")
    finish(create_entitlement(**vars(parser.parse_args())))
