#!/usr/bin/env node
// Update an entitlement: change what is named, leave alone what is not.
//
//     node update-entitlement.mjs ID productKey=MUSIC_PREMIUM
//     node update-entitlement.mjs ID --json '{"dateExpiry": null, "extensionData": {"shop": "42"}}'

import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { Stopped, call, finish, namesAndValues, say, sendUserTo, usage } from "./hub.mjs";

/** Change `properties` of one entitlement; `entitlement` of the outcome is null if that failed. */
export async function updateEntitlement(entitlementId, properties) {
  let branch = "NO_ANSWER";
  let entitlement = null;
  let url = null;

  // The id travels in the body, beside the properties to change.
  const body = { ...properties, entitlementId };

  try {
    const answer = await call("PATCH", "entitlement", body);

    switch (answer.responseCode) {
      // Nobody has to do anything. With HTTP 200 it is changed; with 202 the merchant has queued
      // the change, and a notification tells when it holds.
      case "OK":
        branch = "OK";
        entitlement = answer;
        break;

      // Changed and PENDING, because somebody has to do something before it holds.
      case "CLIENT_ACTION_REQUIRED":
        switch (answer.parameters.action) {
          // The customer visits a page of the merchant; typically after a change of the
          // productKey. How that went is told to the entitlement's notificationUrl.
          case "NAVIGATE_TO_URL":
            branch = "CLIENT_ACTION_REQUIRED/NAVIGATE_TO_URL";
            url = answer.parameters.url;
            sendUserTo(url);
            entitlement = answer;
            break;

          default:
            throw new Stopped(
              "UNRECOGNIZED_ACTION",
              `the hub asks for ${answer.parameters.action}, which we do not know`,
            );
        }
        break;

      // Nothing changed, and asking again will not help: look at the request.
      case "BAD_REQUEST": // a property is unknown, read-only or wrong
      case "UNAUTHORIZED": // user or password is wrong
      case "NOT_AVAILABLE": // its status, the merchant or our contract does not allow it
      case "NOT_FOUND": // no entitlement of ours has this id
      case "TOO_MANY_REQUESTS": // we are too fast: Retry-After says when to come back
        throw new Stopped(answer.responseCode, "the entitlement was not updated");

      // The hub or the merchant is in trouble; likely to pass. A real shop tries again after a
      // while with the same X-RequestIdentifier, so that nothing can happen twice.
      case "INTERNAL_ERROR":
      case "SERVICE_UNAVAILABLE":
        throw new Stopped(answer.responseCode, "the hub cannot update entitlements at the moment");

      default:
        throw new Stopped("UNRECOGNIZED_CODE", `the hub answers ${answer.responseCode}, which we do not know`);
    }
  } catch (problem) {
    // A refusal, no connection, or something that is not an answer of the hub.
    branch = problem instanceof Stopped ? problem.branch : "NO_ANSWER";
    entitlement = null;
    url = null;
    say(`Sorry: ${problem.cause?.message || problem.message}.`);
  }

  return { branch, entitlement, url };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "string", default: "{}" } },
  });
  if (positionals.length < 1) {
    usage("update-entitlement.mjs ID [name=value …] [--json '{…}']");
  }
  const [entitlementId, ...pairs] = positionals;
  finish(await updateEntitlement(entitlementId, { ...JSON.parse(values.json), ...namesAndValues(pairs) }));
}
