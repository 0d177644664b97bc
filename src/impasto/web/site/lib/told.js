/** Short messages at the foot of the page, with at most one thing to do. */
import { signal } from "./html.js";

/** The message that is shown, or null. */
export const told = signal(null);

let over;

/** Show a message for a while. */
export function tell(text, { action = "", act = null, seconds = 6, wrong = false } = {}) {
  clearTimeout(over);
  told.value = { text, action, act, wrong };
  over = setTimeout(() => (told.value = null), seconds * 1000);
}

/** Do something, and show why it failed. */
export async function trying(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name !== "AbortError") tell(error.message, { wrong: true, seconds: 10 });
    return undefined;
  }
}
