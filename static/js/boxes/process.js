/** Annotorious' modules ask Node's `process` which build they are; a browser has none. */

globalThis.process ??= { env: { NODE_ENV: "production" } };
