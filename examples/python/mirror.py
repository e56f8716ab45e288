#!/usr/bin/env python3
"""A mirror that heals: a copy of every entitlement, built from the report and kept by the feed.

    python3 mirror.py              builds a copy, is offline for a day, heals, and checks itself
    python3 mirror.py --follow     keeps the copy until Ctrl-C, one line for each event

The report is a picture and says where in the feed it was taken (feedCursor); the feed has every
event since, once, in order, with the record as it was then. So picture and feed together are the
whole truth, however long the mirror was away.
"""

import argparse

from hub import call, expect, new_customer

PAGE = 500
# The hub holds a question back for so long, until there is something to tell.
WAIT_S = 20


class Mirror:
    """A copy by entitlementId, and the position of the last event in it."""

    def __init__(self):
        self.records, self.position = {}, None
        self.rebuild()

    def rebuild(self):
        """From the beginning: all pages of the report, and the cursor that came before the first."""
        self.records, self.position = {}, None
        for records, position in report():
            self.records |= {record["entitlementId"]: record for record in records}
            # The first page's cursor: what changes while we turn pages is in the feed.
            self.position = self.position or position

    def catch_up(self, wait_s=0):
        """Apply what has happened since; the events, newest last."""
        seen = []
        while events := self.next_events(0 if seen else wait_s):
            for event in events:
                self.records[event["entitlementId"]] = event["record"]
                self.position = str(event["position"])
            seen += events
        return seen

    def next_events(self, wait_s):
        """One page of the feed. A cursor that is too old means: build a new picture."""
        path = f"events?after={self.position}&limit={PAGE}&wait={wait_s}"
        answer = call("GET", path, timeout_s=wait_s + 15)
        if answer.get("error", {}).get("rule") == "cursor-expired":
            self.rebuild()
            return []
        return expect(answer)["events"]


def report():
    """Every entitlement, page by page, each page with the feed's position when it was asked for."""
    body = {"limit": PAGE}
    while True:
        page = expect(call("POST", "entitlement/report", body))
        yield page["entitlements"], page["parameters"]["feedCursor"]
        body["cursor"] = page["parameters"]["nextCursor"]
        if body["cursor"] is None:
            return


def a_busy_day():
    """What others do while the mirror is away: sign-ups, a tier change, an end, and a day passes."""
    ids = []
    for _ in range(5):
        body = {
            "customerIdentifier": new_customer("grace"),
            "merchantAccountKey": "BANGO_US",
            "productKey": "MUSIC_NOW",
        }
        ids.append(expect(call("POST", "entitlement", body))["entitlementId"])
    expect(call("PATCH", "entitlement", {"entitlementId": ids[0], "productKey": "MUSIC_PREMIUM"}))
    expect(call("PATCH", "entitlement", {"entitlementId": ids[1], "entitlementBenefits": "SUSPENDED"}))
    expect(call("POST", f"entitlement/revoke/{ids[2]}", {}))
    expect(call("POST", "sandbox/v1/clock", {"advance": "P1D"}))


def demonstrate():
    """Build, be away, heal, and compare with a new picture of everything."""
    mirror = Mirror()
    print(f"The copy holds {len(mirror.records)} entitlements, up to event {mirror.position}.")
    a_busy_day()
    print("A day has passed, and the mirror was offline.")
    events = mirror.catch_up()
    print(f"It read {len(events)} events, up to {mirror.position}:")
    for event in events:
        print(f"  {event['position']:>6}  {event['at']}  {event['event']:<16} {event['entitlementId']}")
    truth = {record["entitlementId"]: record for records, _ in report() for record in records}
    print("The copy is identical to the hub." if mirror.records == truth else "THE COPY DIFFERS FROM THE HUB.")
    raise SystemExit(mirror.records != truth)


def follow():
    """Until Ctrl-C."""
    mirror = Mirror()
    print(f"The copy holds {len(mirror.records)} entitlements. Waiting for events.")
    while True:
        for event in mirror.catch_up(WAIT_S):
            print(f"{event['position']:>6}  {event['at']}  {event['event']:<16} {event['entitlementId']}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Keep a copy of every entitlement.")
    parser.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    try:
        follow() if parser.parse_args().follow else demonstrate()
    except KeyboardInterrupt:
        pass
