/**
 * Says above the photograph how it stands with what was said and with the network: for as long as it is so.
 *
 *   <p data-banner role="status" hidden>
 */

const WHY = { "signed-out": "signed_out", "another-user": "another_user", busy: "busy" };

/** What to say, "" for nothing: `reason` why the outbox is stuck, or null; `unsent` answers; `left` on the shelf. */
export function standing({ reason, unsent, isOffline, left, isSignedOut }, words) {
  if (unsent > 0 && reason) return `${words(WHY[reason] ?? "no_connection")} ${words("kept", { n: unsent })}`;
  if (isSignedOut) return words("sign_in");
  if (!isOffline) return "";
  return `${words("no_connection")} ${words(left > 0 ? "left" : "none_left", { n: left })}`;
}

export class Standing {
  #reason = null;
  #isSignedOut = false;

  constructor(banner, { outbox, source, words }) {
    Object.assign(this, { banner, outbox, source, words });
    outbox.addEventListener("stuck", ({ detail }) => this.#stuck(detail.reason));
    outbox.addEventListener("moving", () => this.#stuck(null));
    outbox.addEventListener("changed", () => this.renew());
  }

  signedOut() {
    this.#isSignedOut = true;
    this.renew();
  }

  #stuck(reason) {
    this.#reason = reason;
    this.renew();
  }

  async renew() {
    const { isOffline } = this.source;
    const said = standing(
      {
        reason: this.#reason,
        unsent: this.outbox.size,
        isOffline,
        isSignedOut: this.#isSignedOut,
        left: isOffline ? (await this.source.left()).length : 0,
      },
      this.words,
    );
    if (said !== this.banner.textContent) this.banner.textContent = said;
    this.banner.hidden = said === "";
  }
}
