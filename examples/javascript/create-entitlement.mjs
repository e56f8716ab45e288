#!/usr/bin/env node
// Create an entitlement: ask a merchant to give a customer access to a product.
//
//     node create-entitlement.mjs alice BANGO_US MUSIC_NOW

import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { Stopped, call, finish, say, sendUserTo, usage } from "./hub.mjs";

/** Create one entitlement; `entitlement` of the outcome is null if there is none afterwards. */
export async function createEntitlement(
  customer,
  merchant,
  product,
  { offer = null, notificationUrl = null, entitlementId } = {},
) {
  let branch = "NO_ANSWER";
  let entitlement = null;
  let url = null;

  const body = {
    // The customer, by whatever name our own systems use; it means nothing to anybody else.
    customerIdentifier: customer,
    // Whose service it is, and which one. The operator of the hub tells us these keys.
    merchantAccountKey: merchant,
    productKey: product,
    // Under which offer; null where the product has none.
    offerKey: offer,
    // Where we want to hear of later changes, such as the end of a PENDING.
    notificationUrl,
    // We may name the entitlement ourselves. Left undefined, it is not sent, and the hub does.
    entitlementId,
  };

  try {
    const answer = await call("POST", "entitlement", body);

    switch (answer.responseCode) {
      // It exists. ACTIVE: the customer has the service now. PENDING: the merchant takes its
      // time, and a notification tells when the customer has it.
      case "OK":
        branch = "OK";
        entitlement = answer;
        break;

      // It exists and is PENDING, because somebody has to do something first.
      case "CLIENT_ACTION_REQUIRED":
        switch (answer.parameters.action) {
          // The customer visits a page of the merchant: sign up, confirm, accept terms.
          // How that went is told to the notificationUrl.
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

      // No entitlement, and asking again will not help: look at the request.
      case "BAD_REQUEST": // a field is missing or wrong; responseMessage names it
      case "UNAUTHORIZED": // user or password is wrong
      case "NOT_AVAILABLE": // not sold to us, or the merchant does not want this customer
      case "ALREADY_EXISTS": // the entitlementId we chose is taken
      case "TOO_MANY_REQUESTS": // we are too fast: Retry-After says when to come back
        throw new Stopped(answer.responseCode, "the entitlement was not created");

      // The hub or the merchant is in trouble; likely to pass. A real shop tries again after a
      // while with the same X-RequestIdentifier, so that nothing can happen twice.
      case "INTERNAL_ERROR":
      case "SERVICE_UNAVAILABLE":
        throw new Stopped(answer.responseCode, "the hub cannot create entitlements at the moment");

      default:
        throw new Stopped("UNRECOGNIZED_CODE", `the hub answers ${answer.responseCode}, which we do not know`);
    }
  } catch (problem) {
    // A refusal, no connection, or something that is not an answer of the hub. A real shop writes
    // this to its log and tells the customer that it will look into it.
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
    options: {
      offer: { type: "string" },
      "notification-url": { type: "string" },
      "entitlement-id": { type: "string" },
    },
  });
  if (positionals.length !== 3) {
    usage(
      "create-entitlement.mjs CUSTOMER MERCHANT PRODUCT " +
        "[--offer KEY] [--notification-url URL] [--entitlement-id ID]",
    );
  }
  const [customer, merchant, product] = positionals;
  finish(
    await createEntitlement(customer, merchant, product, {
      offer: values.offer,
      notificationUrl: values["notification-url"],
      entitlementId: values["entitlement-id"],
    }),
  );
}
