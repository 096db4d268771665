/** Which labels a few typed letters mean: every word typed begins a word of the name, accents and case apart. */

const plain = (text) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase();

const wordsOf = (text) => plain(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);

/** Whether the name is meant. Nothing typed means every name. */
export function matches(name, typed) {
  const words = wordsOf(name);
  return wordsOf(typed).every((part) => words.some((word) => word.startsWith(part)));
}

/** The index of the name that enter chooses: one that is what was typed, else one that begins so, else the first meant. */
export function best(names, typed) {
  const text = plain(typed.trim());
  if (text === "") return -1;
  const meant = names.map((name, index) => ({ index, name: plain(name), is: matches(name, typed) })).filter(({ is }) => is);
  const found = meant.find(({ name }) => name === text) ?? meant.find(({ name }) => name.startsWith(text)) ?? meant[0];
  return found ? found.index : -1;
}
