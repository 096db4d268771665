/** On a page for who is not signed in, the one who was has left: what was theirs on this phone goes. */

import { forget } from "./kept.js";

forget().catch(() => {
  // A browser that keeps nothing has nothing to forget.
});
