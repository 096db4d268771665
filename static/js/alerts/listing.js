/** Lists what is open at the store: to count it, and to keep it for when there is no network. */

import { call } from "../api.js";

const KEPT = 20;
const TOGETHER_MS = 300;

export class Listing {
  #soon = null;

  /** `listed({open, results})` hears of each list that could be had. */
  constructor(project, listed) {
    Object.assign(this, { project, listed });
  }

  /** Soon; calls close together are one. */
  renew() {
    this.#soon ??= new Promise((resolve) => setTimeout(resolve, TOGETHER_MS))
      .then(() => {
        this.#soon = null;
        return call(`/projects/${this.project}/open-alerts/?limit=${KEPT}`);
      })
      .then(({ status, body }) => (status === 200 ? this.listed(body) : null))
      .catch(() => null);
  }
}
