// How the three programs talk to the hub: one HTTP call, and one line of outcome.
//
// Where the hub is and who we are comes from the environment; without it, the sandbox on this
// machine is meant. Test and production differ in the credential alone, never in the URLs.

// A trailing slash always: paths are appended as they are.
const BASE_URL = (process.env.ENTITLE_URL ?? "http://127.0.0.1:8080/").replace(/\/*$/, "/");
const USER = process.env.ENTITLE_USER ?? "sandbox";
const PASSWORD = process.env.ENTITLE_PASSWORD ?? "sandbox";

// The hub answers every request within 12 seconds; whoever waits longer never gives up too early.
const TIMEOUT_MS = 15_000;

/** The answer leaves no entitlement in our hands; `branch` says which answer it was. */
export class Stopped extends Error {
  constructor(branch, text) {
    super(text);
    this.branch = branch;
  }
}

/** HTTP Basic: user and password, in UTF-8. */
function authorizationHeader() {
  return "Basic " + Buffer.from(`${USER}:${PASSWORD}`, "utf8").toString("base64");
}

/**
 * Send `body` as JSON and return the JSON that comes back, whatever the HTTP status is.
 *
 * Every answer of the hub has a responseCode; a refusal is an answer too, not an exception.
 */
export async function call(method, path, body) {
  const response = await fetch(BASE_URL + path, {
    method,
    headers: {
      Authorization: authorizationHeader(),
      "Content-Type": "application/json",
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = await response.json();
  say(`${method} ${BASE_URL}${path}: ${answer.responseCode}, ${answer.responseMessage}`);
  return answer;
}

/** A shop would redirect the customer's browser; at a command line we show the address. */
export function sendUserTo(url) {
  say(`The customer has to open this page: ${url}`);
}

/** `name=value` of a command line, as an object. */
export function namesAndValues(texts) {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf("=");
      if (equals < 0) usage(`${text} is not name=value`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

/** For people: standard error. Standard output carries the outcome alone. */
export function say(text) {
  console.error(text);
}

/** The command line makes no sense. */
export function usage(text) {
  say(text);
  process.exit(2);
}

/** End the program with one line of JSON, and exit code 0 if there is an entitlement. */
export function finish(outcome) {
  console.log(JSON.stringify(outcome));
  process.exitCode = outcome.entitlement === null ? 1 : 0;
}
