/** Begin another picture with what one was made of. */
import { get } from "./api.js";
import { beginWith } from "./draft.js";
import { go } from "./route.js";

/** Go to the first screen with all that a picture was made of, without its photo or its paintings. */
export async function again(found, without) {
  const photo = without !== "photo" && found.content ? await there(found.content) : null;
  const styles = without === "painting" ? [] : await Promise.all(found.styles.map(paintingOf));
  const kind = found.kind === "instant" ? "stylize" : found.kind;
  beginWith({ kind, photo, paintings: styles.filter(Boolean), settings: found.settings });
  go("");
}

async function paintingOf({ id, weight }) {
  const found = id.startsWith("look-") ? (await get("looks")).find((one) => one.id === id) : await there(id);
  return found && { ...found, weight };
}

/** A picture, or null if it has been deleted. */
async function there(id) {
  try {
    return await get(`pictures/${id}`);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}
