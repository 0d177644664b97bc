/** All jobs of the user that are known here, kept current by one stream of events. */
import { at, get, online } from "./api.js";
import { signal } from "./html.js";
import { listen } from "./stream.js";

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

/** How often a job has come or has come back since the page was opened: lists may look again. */
export const news = signal(0);

/** Take what the stream of events says of a job. */
function hear(found) {
  const before = job(found.id).value;
  learn(found);
  if (!before || before.deleted !== found.deleted) news.value += 1;
}

/** Follow all jobs, until the page is closed. */
export function follow() {
  const opened = () => {
    online.value = true;
    for (const one of known.values()) if (one.value && !isOver(one.value)) fetchJob(one.value.id).catch(() => {});
  };
  listen({ take: hear, opened, lost: () => (online.value = false) });
}

/** The address of a job's newest preview, which differs for each. */
export const previewOf = (found) => `${at(`jobs/${found.id}/preview`)}?v=${found.preview}`;
/** The address of a preview of a stage. */
export const stageOf = (found, stage) => at(`jobs/${found.id}/preview?number=${stage.number}`);
export const resultOf = (found) => at(`jobs/${found.id}/result`);
export const isOver = (found) => ["done", "failed", "cancelled"].includes(found.state);
