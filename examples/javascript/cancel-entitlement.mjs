#!/usr/bin/env node
// Cancel an entitlement: a soft end, the customer keeps what is already paid for.
//
//     node cancel-entitlement.mjs ID CUSTOMER_CANCELLED NOT_RENEWED "did not renew in May" agent=web

import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { Stopped, call, finish, namesAndValues, say, usage } from "./hub.mjs";

/** Cancel one entitlement for a reason; `entitlement` of the outcome is null if that failed. */
export async function cancelEntitlement(entitlementId, category, code, description, extra = {}) {
  let branch = "NO_ANSWER";
  let entitlement = null;

  const body = {
    // Anything else worth remembering. It ends up in extensionData, beside the reason.
    ...extra,
    // Why: a pair from the closed list of reasons, and a sentence of our own.
    cancelReasonCategory: category,
    cancelReasonCode: code,
    cancelReasonDescription: description,
  };

  try {
    const answer = await call("POST", "entitlement/cancel/" + encodeURIComponent(entitlementId), body);

    switch (answer.responseCode) {
      // CANCELLED: it has ended. ACTIVE-ENDING: it will, at dateEnded. Any other status: the
      // merchant has queued it (HTTP 202), and a notification tells when it is carried out.
      case "OK":
        branch = "OK";
        entitlement = answer;
        break;

      // It goes on, and asking again will not help: look at the request.
      case "BAD_REQUEST": // the reason is not on the list, or the request is malformed
      case "UNAUTHORIZED": // user or password is wrong
      case "NOT_AVAILABLE": // it has ended or is ending already, or the merchant refuses
      case "NOT_FOUND": // no entitlement of ours has this id
      case "TOO_MANY_REQUESTS": // we are too fast: Retry-After says when to come back
        throw new Stopped(answer.responseCode, "the entitlement was not cancelled");

      // The hub or the merchant is in trouble; likely to pass. A real shop tries again after a
      // while with the same X-RequestIdentifier, so that nothing can happen twice.
      case "INTERNAL_ERROR":
      case "SERVICE_UNAVAILABLE":
        throw new Stopped(answer.responseCode, "the hub cannot cancel entitlements at the moment");

      default:
        throw new Stopped("UNRECOGNIZED_CODE", `the hub answers ${answer.responseCode}, which we do not know`);
    }
  } catch (problem) {
    // A refusal, no connection, or something that is not an answer of the hub.
    branch = problem instanceof Stopped ? problem.branch : "NO_ANSWER";
    entitlement = null;
    say(`Sorry: ${problem.cause?.message || problem.message}.`);
  }

  return { branch, entitlement, url: null };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { positionals } = parseArgs({ allowPositionals: true });
  if (positionals.length < 4) {
    usage("cancel-entitlement.mjs ID CATEGORY CODE DESCRIPTION [name=value …]");
  }
  const [entitlementId, category, code, description, ...pairs] = positionals;
  finish(await cancelEntitlement(entitlementId, category, code, description, namesAndValues(pairs)));
}
