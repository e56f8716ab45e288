#!/usr/bin/env python3
"""Update an entitlement: change what is named, leave alone what is not.

    python3 update_entitlement.py ID productKey=MUSIC_PREMIUM
    python3 update_entitlement.py ID --json '{"dateExpiry": null, "extensionData": {"shop": "42"}}'
"""

import argparse
import json

from hub import Outcome, Stopped, call, finish, name_and_value, say, send_user_to


def update_entitlement(entitlement_id, properties):
    """Change `properties` of one entitlement; `outcome.entitlement` is None if that failed."""
    outcome = Outcome("NO_ANSWER")

    # The id travels in the body, beside the properties to change.
    body = {**properties, "entitlementId": entitlement_id}

    try:
        answer = call("PATCH", "entitlement", body)

        match answer["responseCode"]:
            # Nobody has to do anything. With HTTP 200 it is changed; with 202 the merchant has queued
            # the change, and a notification tells when it holds.
            case "OK":
                outcome = Outcome("OK", answer)

            # Changed and PENDING, because somebody has to do something before it holds.
            case "CLIENT_ACTION_REQUIRED":
                match answer["parameters"]["action"]:
                    # The customer visits a page of the merchant; typically after a change of the
                    # productKey. How that went is told to the entitlement's notificationUrl.
                    case "NAVIGATE_TO_URL":
                        url = answer["parameters"]["url"]
                        send_user_to(url)
                        outcome = Outcome("CLIENT_ACTION_REQUIRED/NAVIGATE_TO_URL", answer, url)

                    case action:
                        raise Stopped("UNRECOGNIZED_ACTION", f"the hub asks for {action}, which we do not know")

            # Nothing changed, and asking again will not help: look at the request.
            case (
                "BAD_REQUEST"  # a property is unknown, read-only or wrong
                | "UNAUTHORIZED"  # user or password is wrong
                | "NOT_AVAILABLE"  # its status, the merchant or our contract does not allow it
                | "NOT_FOUND"  # no entitlement of ours has this id
                | "TOO_MANY_REQUESTS"  # we are too fast: Retry-After says when to come back
            ) as code:
                raise Stopped(code, "the entitlement was not updated")

            # The hub or the merchant is in trouble; likely to pass. A real shop tries again after
            # a while with the same X-RequestIdentifier, so that nothing can happen twice.
            case ("INTERNAL_ERROR" | "SERVICE_UNAVAILABLE") as code:
                raise Stopped(code, "the hub cannot update entitlements at the moment")

            case code:
                raise Stopped("UNRECOGNIZED_CODE", f"the hub answers {code}, which we do not know")

    except Stopped as stopped:
        say(f"Sorry: {stopped}.")
        outcome = Outcome(stopped.branch)
    except (OSError, ValueError, LookupError) as problem:
        # No connection, or something that is not an answer of the hub.
        say(f"Sorry, no usable answer from the hub: {problem}.")

    return outcome


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Update an entitlement.")
    parser.add_argument("entitlement_id", metavar="ID")
    parser.add_argument("properties", metavar="name=value", nargs="*", type=name_and_value, help="a text property")
    parser.add_argument("--json", metavar="'{…}'", type=json.loads, default={}, help="properties of any type")
    arguments = parser.parse_args()
    finish(update_entitlement(arguments.entitlement_id, {**arguments.json, **dict(arguments.properties)}))
