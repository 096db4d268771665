/** Calls the REST API as the person signed in: the session's cookie, and the CSRF token from its own. */

const BASE = "/api/v1";
const PATIENCE_MS = 30_000;
/** Where one call fails and another goes through, each would set the other off again, many times a second. */
const SETTLED_MS = 1_000;

let reached = true;
let missedAt = 0;
let author = null;
let ahead = 0;

/** From now on every call names this person, and is refused once somebody else is signed in in this browser. */
export function callAs(user) {
  author = String(user);
}

/** Milliseconds since 1970 as the server counts them, to a second: this machine's clock may be hours off. */
export const serverNow = () => Date.now() + ahead;

function compare(date) {
  const theirs = Date.parse(date ?? "");
  if (!Number.isNaN(theirs)) ahead = theirs - Date.now();
}

/** The value of one cookie in a `document.cookie` string; "" where it is absent. */
export function cookie(name, cookies) {
  for (const pair of cookies.split(";")) {
    const [key, ...rest] = pair.trim().split("=");
    if (key === name) return decodeURIComponent(rest.join("="));
  }
  return "";
}

/**
 * Says on the document, as `vouch:reached` {reached}, when the server is out of reach and when it is back: by the first
 * call that goes through a second or more after the last that failed.
 */
function note(now) {
  if (!now) missedAt = Date.now();
  if (now === reached || (now && Date.now() - missedAt < SETTLED_MS)) return;
  reached = now;
  document.dispatchEvent(new CustomEvent("vouch:reached", { detail: { reached } }));
}

/**
 * One call; `{status, body}` whatever the status. Rejects where the server could not be reached, or is silent for long.
 * `keepalive` lets the request outlive the page.
 */
export async function call(path, { method = "GET", body, keepalive = false } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = cookie("csrftoken", document.cookie);
  if (author !== null) headers["X-Vouch-User"] = author;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  let text;
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      keepalive,
      credentials: "same-origin",
      // Going back to a page, a browser may take what it had from the server then for what it has now.
      cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    text = await response.text();
  } catch (error) {
    note(false);
    throw error;
  }
  note(true);
  compare(response.headers.get("Date"));
  let parsed = null;
  try {
    parsed = text ? JSON.parse(text) : null;
  } catch {
    // A proxy's error page: the status says enough.
  }
  return { status: response.status, body: parsed };
}

export const post = (path, body, options) => call(path, { method: "POST", body, ...options });

/** The NAME of a problem's type `/problems/NAME`; "" for anything else. */
export function problem(answer) {
  const type = answer.body?.type;
  return typeof type === "string" && type.startsWith("/problems/") ? type.slice("/problems/".length) : "";
}

/** Whether the server does not know who is calling any more: signed out, or in again under another token. */
export function signedOut({ status, body }) {
  return status === 401 || (status === 403 && String(body?.detail ?? "").startsWith("CSRF"));
}
