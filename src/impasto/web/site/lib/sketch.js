/** What is seen before the picture: a glance by a look, then a sketch, which is a small job. */
import { at, get, post, remove } from "./api.js";
import { byLook, form, kind, missing, paintings, photo, settings, sketch, strength, wanted } from "./draft.js";
import { glance, hold } from "./glances.js";
import { useEffect, useState } from "./html.js";
import { isOver, job, learn } from "./jobs.js";
import { trying } from "./told.js";

/** Milliseconds after the last move of a dial before a glance and a sketch begin. */
const SOON = 120;
const CALM = 900;

/** The address of the photo as the first painting's look paints it, or null. */
export function useGlance() {
  const [shown, setShown] = useState(null);
  const first = paintings.value[0];
  const address =
    kind.value === "stylize" && !missing.value
      ? at(`pictures/${photo.value.id}/looks/${first.id}?strength=${strength.value}&size=720`)
      : null;
  useEffect(() => {
    if (!address) return setShown(null);
    let drop = () => {};
    const wait = setTimeout(() => (drop = glance(address, setShown, { first: true })), SOON);
    return () => {
      clearTimeout(wait);
      drop();
    };
  }, [address]);
  return shown;
}

/** Whether what is chosen is sketched: films are not, and a look's glance is the picture. */
const sketched = () => wanted.value && !byLook.value && kind.value !== "video";

/** Begin a sketch once all is chosen and the dials rest, and another when something changes; returns its job. */
export function useSketch() {
  const now = sketched() ? wanted.value : "";
  useEffect(() => {
    if (!now || sketch.value?.of === now) return undefined;
    const wait = setTimeout(() => trying(() => begin(now)), CALM);
    return () => clearTimeout(wait);
  }, [now]);
  const found = now && sketch.value ? job(sketch.value.id).value : null;
  const begun = !now || found?.preview > 0 || (found && isOver(found));
  useEffect(() => {
    hold(!begun);
    return () => hold(false);
  }, [begun]);
  return found;
}

async function begin(now) {
  const before = sketch.value;
  const { size, quality, ...rest } = settings.value; // a sketch has its own
  const asked = form({ draft: true });
  const own = { ...rest, ...(asked.settings.strength === undefined ? {} : { strength: strength.value }) };
  const made = await post("jobs", { ...asked, settings: own }, { key: `sketch ${Date.now()} ${Math.random()}` });
  learn(made);
  sketch.value = { id: made.id, of: now };
  if (before) await remove(`jobs/${before.id}`).catch(() => {});
}

/** Begin the picture itself, in place of its sketch, and return its job. */
export async function paint() {
  const made = await post("jobs", form(), { key: `paint ${Date.now()} ${Math.random()}` });
  learn(made);
  const before = sketch.value;
  sketch.value = null;
  if (before) remove(`jobs/${before.id}`).catch(() => {});
  return made;
}

/** Look again at what was chosen before a reload: it may have been deleted meanwhile. */
export async function recall() {
  const there = (path) =>
    get(path).catch((error) => {
      if (error.status !== 404) throw error;
      return null;
    });
  if (photo.value) photo.value = await there(`pictures/${photo.value.id}`);
  if (!sketch.value) return;
  const found = await there(`jobs/${sketch.value.id}`);
  if (found) learn(found);
  else sketch.value = null;
}
