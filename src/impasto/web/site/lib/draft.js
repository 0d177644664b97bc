/** What is being made on the first screen; it survives a reload. */
import { signal } from "./html.js";

const KEY = "impasto draft";

const kept = (() => {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
})();

/** The photo and the paintings that are chosen, and the settings that differ from the usual. */
export const photo = signal(kept.photo ?? null);
export const painting = signal(kept.painting ?? null);
export const strength = signal(kept.strength ?? 60);
export const settings = signal(kept.settings ?? {});
/** The sketch that is painted now: its id, and the form it is of. */
export const sketch = signal(kept.sketch ?? null);

for (const one of [photo, painting, strength, settings, sketch]) {
  one.subscribe(() => {
    const all = { photo: photo.value, painting: painting.value, strength: strength.value };
    const rest = { settings: settings.value, sketch: sketch.value };
    sessionStorage.setItem(KEY, JSON.stringify({ ...all, ...rest }));
  });
}

/** Whether a look is chosen, which paints at once, in place of a painting. */
export const isLook = () => painting.value?.id.startsWith("look-") ?? false;

/** The form of a job of what is chosen. */
export function form(more = {}) {
  const { size } = settings.value;
  const own = isLook() ? (size ? { size } : {}) : settings.value;
  return {
    kind: isLook() ? "instant" : "stylize",
    content: photo.value.id,
    styles: [{ id: painting.value.id, weight: 1 }],
    settings: { ...own, strength: strength.value },
    ...more,
  };
}
