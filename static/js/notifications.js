/**
 * Has this browser told of alerts, and says what is missed where it cannot be.
 *
 *   <section data-notifications data-key="…"> <p data-state data-on="…" data-off="…" …>
 *     <form data-terms> … <button data-stop hidden>
 */

import { call, post } from "./api.js";

/** The bytes of a key in base64url, as `pushManager.subscribe` wants them. */
export function keyBytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** What is sent of a subscription and the form's terms; empty quiet hours are none. */
export function terms(subscription, form, { timezone, language }) {
  const { endpoint, keys } = subscription.toJSON();
  return {
    endpoint,
    keys: { p256dh: keys.p256dh, auth: keys.auth },
    timezone,
    language,
    quiet_from: form.quiet_from || null,
    quiet_until: form.quiet_until || null,
    per_hour: Number(form.per_hour),
  };
}

const ID = "vouch-push-subscription";

async function registration() {
  return (await navigator.serviceWorker.getRegistrations()).find(({ scope }) => scope.endsWith("/alerts/"));
}

async function begin(section) {
  const $ = (selector) => section.querySelector(selector);
  const say = (state) => {
    $("[data-state]").textContent = $("[data-state]").dataset[state];
    $("[data-stop]").hidden = state !== "on";
    $("[data-terms]").hidden = state === "denied" || state === "absent";
  };
  if (!navigator.serviceWorker || !globalThis.PushManager || !globalThis.Notification) return say("absent");
  if (Notification.permission === "denied") return say("denied");
  const subscription = await (await registration())?.pushManager.getSubscription();
  say(subscription && localStorage.getItem(ID) ? "on" : "off");

  $("[data-terms]").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      if ((await Notification.requestPermission()) !== "granted") return say("denied");
      const worker = await registration();
      const made = await worker.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: keyBytes(section.dataset.key),
      });
      const form = Object.fromEntries(new FormData(event.target));
      const { timeZone: timezone } = Intl.DateTimeFormat().resolvedOptions();
      const here = { timezone, language: document.documentElement.lang };
      const answer = await post("/push-subscriptions/", terms(made, form, here));
      if (answer.status !== 201) return say("failed");
      localStorage.setItem(ID, answer.body.id);
      say("on");
    } catch {
      say("failed");
    }
  });

  $("[data-stop]").addEventListener("click", async () => {
    try {
      await call(`/push-subscriptions/${localStorage.getItem(ID)}/`, { method: "DELETE" });
      await (await (await registration())?.pushManager.getSubscription())?.unsubscribe();
      localStorage.removeItem(ID);
      say("off");
    } catch {
      say("failed");
    }
  });
}

if (typeof document !== "undefined") {
  const section = document.querySelector("[data-notifications]");
  if (section) begin(section);
}
