/**
 * What the page says, in the reader's language: the server writes the words, {one, other, …} where they count.
 *
 *   words("undo", { n: 9 })   words("kept", { n: 3 }): the form that fits three
 */

const FILLED = /\{(\w+)\}/g;

/** `known` by name; `language` decides which form of a count is used. */
export function speaker(known, language = "en") {
  const plural = new Intl.PluralRules(language);
  return (name, values = {}) => {
    const said = known[name] ?? name;
    const form = typeof said === "string" ? said : (said[plural.select(values.n)] ?? said.other);
    return form.replace(FILLED, (whole, key) => values[key] ?? whole);
  };
}
