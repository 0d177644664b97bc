/** All jobs of the user that are known here, kept current by one stream of events. */
import { at, get, online } from "./api.js";
import { signal } from "./html.js";

const known = new Map();

/** The signal of a job, with what is known of it. */
export function job(id) {
  if (!known.has(id)) known.set(id, signal(null));
  return known.get(id);
}

/** Take what the studio says of a job. */
export function learn(found) {
  const one = job(found.id);
  if (JSON.stringify(one.value) !== JSON.stringify(found)) one.value = found;
  return one;
}

/** Ask for a job once. */
export async function fetchJob(id) {
  return learn(await get(`jobs/${id}`));
}

/** Follow all jobs, until the page is closed; the browser connects again by itself. */
export function follow() {
  const stream = new EventSource(at("events"));
  stream.addEventListener("job", (event) => learn(JSON.parse(event.data)));
  stream.onopen = () => (online.value = true);
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
  };
}

/** The address of a job's newest preview, which differs for each. */
export const previewOf = (found) => `${at(`jobs/${found.id}/preview`)}?v=${found.preview}`;
/** The address of a preview of a stage. */
export const stageOf = (found, stage) => at(`jobs/${found.id}/preview?number=${stage.number}`);
export const resultOf = (found) => at(`jobs/${found.id}/result`);
export const isOver = (found) => ["done", "failed", "cancelled"].includes(found.state);
