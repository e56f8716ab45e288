#!/usr/bin/env python3
"""Cancel an entitlement: a soft end, the customer keeps what is already paid for.

    python3 cancel_entitlement.py ID CUSTOMER_CANCELLED NOT_RENEWED "did not renew in May" agent=web
"""

import argparse
from urllib.parse import quote

from hub import Outcome, Stopped, call, finish, name_and_value, say


def cancel_entitlement(entitlement_id, category, code, description, extra=None):
    """Cancel one entitlement for a reason; `outcome.entitlement` is None if that failed."""
    outcome = Outcome("NO_ANSWER")

    body = {
        # Anything else worth remembering. It ends up in extensionData, beside the reason.
        **(extra or {}),
        # Why: a pair from the closed list of reasons, and a sentence of our own.
        "cancelReasonCategory": category,
        "cancelReasonCode": code,
        "cancelReasonDescription": description,
    }

    try:
        answer = call("POST", "entitlement/cancel/" + quote(entitlement_id, safe=""), body)

        match answer["responseCode"]:
            # CANCELLED: it has ended. ACTIVE-ENDING: it will, at dateEnded. Any other status: the
            # merchant has queued it (HTTP 202), and a notification tells when it is carried out.
            case "OK":
                outcome = Outcome("OK", answer)

            # It goes on, and asking again will not help: look at the request.
            case (
                "BAD_REQUEST"  # the reason is not on the list, or the request is malformed
                | "UNAUTHORIZED"  # user or password is wrong
                | "NOT_AVAILABLE"  # it has ended or is ending already, or the merchant refuses
                | "NOT_FOUND"  # no entitlement of ours has this id
                | "TOO_MANY_REQUESTS"  # we are too fast: Retry-After says when to come back
            ) as refused:
                raise Stopped(refused, "the entitlement was not cancelled")

            # The hub or the merchant is in trouble; likely to pass. A real shop tries again after
            # a while with the same X-RequestIdentifier, so that nothing can happen twice.
            case ("INTERNAL_ERROR" | "SERVICE_UNAVAILABLE") as trouble:
                raise Stopped(trouble, "the hub cannot cancel entitlements at the moment")

            case unknown:
                raise Stopped("UNRECOGNIZED_CODE", f"the hub answers {unknown}, which we do not know")

    except Stopped as stopped:
        say(f"Sorry: {stopped}.")
        outcome = Outcome(stopped.branch)
    except (OSError, ValueError, LookupError) as problem:
        # No connection, or something that is not an answer of the hub.
        say(f"Sorry, no usable answer from the hub: {problem}.")

    return outcome


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Cancel an entitlement.")
    parser.add_argument("entitlement_id", metavar="ID")
    parser.add_argument("category", metavar="CATEGORY")
    parser.add_argument("code", metavar="CODE")
    parser.add_argument("description", metavar="DESCRIPTION")
    parser.add_argument("extra", metavar="name=value", nargs="*", type=name_and_value)
    arguments = vars(parser.parse_args())
    finish(cancel_entitlement(**{**arguments, "extra": dict(arguments["extra"])}))
