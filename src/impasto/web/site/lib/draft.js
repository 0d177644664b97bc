/** What is being made on the first screen; it survives a reload. */
import { computed, signal } from "./html.js";

const KEY = "impasto draft";

const kept = (() => {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
})();

/** What is made: "stylize", "texture" or "video". */
export const kind = signal(kept.kind ?? "stylize");
/** The photo or the clip, and the paintings with their weights. */
export const photo = signal(kept.photo ?? null);
export const paintings = signal(kept.paintings ?? []);
/** Whether several paintings are chosen, and not one in place of another. */
export const mixing = signal(kept.mixing ?? false);
export const strength = signal(kept.strength ?? 60);
const all = signal(kept.settings ?? {});
/** The sketch that is painted now: its id, and the form it is of. */
export const sketch = signal(kept.sketch ?? null);

/** The settings of this kind that differ from the usual. */
export const settings = computed(() => all.value[kind.value] ?? {});

for (const one of [kind, photo, paintings, mixing, strength, all, sketch]) {
  one.subscribe(() => {
    const chosen = { kind: kind.value, photo: photo.value, paintings: paintings.value, mixing: mixing.value };
    const rest = { strength: strength.value, settings: all.value, sketch: sketch.value };
    sessionStorage.setItem(KEY, JSON.stringify({ ...chosen, ...rest }));
  });
}

/** Give a setting a value, or with undefined the usual one again. */
export function set(name, value) {
  const { [name]: _, ...others } = settings.value;
  const changed = value === undefined ? others : { ...others, [name]: value };
  all.value = { ...all.value, [kind.value]: changed };
}

/** Choose a painting in place of the others, or with them. */
export function choose(painting) {
  const others = paintings.value.filter((one) => one.id !== painting.id);
  if (!mixing.value) paintings.value = [{ ...painting, weight: 1 }];
  else if (others.length < paintings.value.length) paintings.value = others;
  else paintings.value = [...others.filter((one) => !looks(one)), { ...painting, weight: 1 }];
}

/** Begin anew with what a picture was made of: another photo or painting can take a place of it. */
export function beginWith(found) {
  kind.value = found.kind;
  photo.value = found.photo;
  paintings.value = found.paintings;
  mixing.value = found.paintings.length > 1;
  const { strength: kept, preset, ...others } = found.settings;
  if (kept != null) strength.value = kept;
  all.value = { ...all.value, [found.kind]: others };
  sketch.value = null;
}

const looks = (one) => one.id.startsWith("look-");

/** Whether a look is chosen, which paints at once, in place of a painting. */
export const byLook = computed(() => kind.value === "stylize" && paintings.value.some(looks));

/** Whether a film is painted by a look, which takes minutes in place of hours. */
export const quickFilm = computed(() => kind.value === "video" && Boolean(settings.value.instant));

/** The id of a painting's look, where it has one. */
const lookOf = (one) => (one.look ? one.id.replace("bundled-", "look-") : one.id);

/** What is missing before anything can be painted: "photo", "clip", "painting", or nothing. */
export const missing = computed(() => {
  if (kind.value === "video" && !photo.value?.moving) return "clip";
  if (kind.value === "stylize" && (!photo.value || photo.value.kind === "clip")) return "photo";
  return paintings.value.length ? "" : "painting";
});

/** The form of a job of what is chosen. */
export function form(more = {}) {
  const { size } = settings.value;
  const own = byLook.value ? (size ? { size } : {}) : settings.value;
  return {
    kind: byLook.value ? "instant" : kind.value,
    content: kind.value === "texture" ? null : photo.value.id,
    styles: paintings.value.map((one) => ({ id: quickFilm.value ? lookOf(one) : one.id, weight: one.weight })),
    settings: kind.value === "texture" ? own : { ...own, strength: strength.value },
    ...more,
  };
}

/** The same as a text, to see whether it has changed; empty while something is missing. */
export const wanted = computed(() => (missing.value ? "" : JSON.stringify(form())));
