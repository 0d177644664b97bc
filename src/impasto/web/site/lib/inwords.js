/** A picture's recipe as a sentence. */
import { day, duration, texts } from "./texts.js";

/** What was painted, how, and what it took; `names` are the titles of pictures by their ids. */
export function inWords(found, names = {}) {
  const words = texts.recipe;
  const paintings = found.styles.map((style) => names[style.id]).filter(Boolean);
  const { strength, brush, colors, quality } = found.settings;
  const parts = [
    words.what[found.kind]?.(names[found.content] || words.photo, paintings.join(words.and) || words.painting) ?? texts.kinds[found.kind],
    strength != null && words.strength(strength),
    brush != null && words.brush(brush),
    colors && words.colors(colors),
    quality && words.quality(quality),
    found.result?.width && `${found.result.width} × ${found.result.height} px`,
    found.result?.seconds && words.took(duration(found.result.seconds)),
    day(found.created),
  ];
  const [first, ...rest] = parts.filter(Boolean).join(", ");
  return `${first.toLocaleUpperCase()}${rest.join("")}.`;
}
