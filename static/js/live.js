/**
 * Tells the page what happened elsewhere, the moment it happens.
 *
 *   <body data-live="/ws/p/shop/">
 *   <script type="module" src="…/js/live.js"></script>
 *
 * Each message {topic, event, ids} becomes a CustomEvent `vouch:EVENT` on the document, detail {topic, ids}.
 * After the connection was away, `vouch:gap` says: fetch again, something may have been missed.
 * `document.documentElement.dataset.connection` is `on` or `off`.
 */

export const FIRST_RETRY_MS = 250;
export const LONGEST_RETRY_MS = 15_000;
const NOT_ALLOWED = 4403;

/** How long to wait before the nth try: doubling, with up to half of it by chance so that pages do not come at once. */
export function retryDelay(attempt, chance = Math.random()) {
  const whole = Math.min(FIRST_RETRY_MS * 2 ** attempt, LONGEST_RETRY_MS);
  return whole / 2 + (whole / 2) * chance;
}

/** Keeps one websocket open at `url` and dispatches what it brings on `target`. Returns a function that ends it. */
export function follow(url, target, { Socket = WebSocket, wait = setTimeout } = {}) {
  let attempt = 0;
  let ended = false;
  let socket = null;
  let wasAway = false;

  const say = (event, detail) => target.dispatchEvent(new CustomEvent(`vouch:${event}`, { detail }));

  function open() {
    if (ended) return;
    socket = new Socket(url);
    socket.addEventListener("open", () => {
      attempt = 0;
      say("connection", { on: true });
      if (wasAway) say("gap", { topic: "everybody", ids: [] });
      wasAway = false;
    });
    socket.addEventListener("message", (message) => {
      const { topic, event, ids } = JSON.parse(message.data);
      say(event, { topic, ids });
    });
    socket.addEventListener("close", (close) => {
      if (ended || close.code === NOT_ALLOWED) return;
      wasAway = true;
      say("connection", { on: false });
      wait(open, retryDelay(attempt));
      attempt += 1;
    });
  }

  open();
  return () => {
    ended = true;
    socket?.close();
  };
}

if (typeof document !== "undefined" && document.body?.dataset.live) {
  document.addEventListener("vouch:connection", (event) => {
    document.documentElement.dataset.connection = event.detail.on ? "on" : "off";
  });
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  follow(`${scheme}://${location.host}${document.body.dataset.live}`, document);
}
