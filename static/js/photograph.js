/** Fetches a photograph and decodes it, so that showing it later costs nothing. */

/** Resolves to an <img> that is ready to paint; rejects where it cannot be had. */
export async function photograph(url, alt) {
  const image = new Image();
  image.alt = alt;
  // Painted with the frame that shows it, never a frame after.
  image.decoding = "sync";
  image.src = url;
  await image.decode();
  return image;
}
