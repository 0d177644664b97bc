/** Requests to the studio: problems as errors, and tries until the network is back. */
import { signal } from "./html.js";

/** Whether the last request reached the studio. */
export const online = signal(true);

/** A refusal, in the studio's own words. */
export class Problem extends Error {
  constructor(status, found) {
    super([found.detail, found.way_out].filter(Boolean).join("; "));
    this.status = status;
    this.code = found.code;
  }
}

/** The address of a path of the API. */
export const at = (path) => new URL(`api/${path}`, document.baseURI).href;

/**
 * Ask until the studio answers; a key makes a request that creates something safe to repeat.
 * @param {string} method
 * @param {string} path
 * @param {any} [form]
 * @param {{ key?: string, signal?: AbortSignal }} [options]
 */
export async function ask(method, path, form, { key = "", signal: stop } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (form && !(form instanceof FormData)) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const body = form instanceof FormData ? form : form && JSON.stringify(form);
  const again = method === "GET" || key;
  for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
    try {
      const answer = await fetch(at(path), { method, headers, body, signal: stop });
      online.value = true;
      if (answer.status === 503 && again) throw new TypeError("busy");
      return await read(answer);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      online.value = error.message === "busy";
      if (!again) throw new Problem(0, { detail: "The studio cannot be reached", way_out: "try again", code: "offline" });
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}

async function read(answer) {
  if (answer.status === 204) return null;
  const found = await answer.json().catch(() => ({}));
  if (answer.ok) return found;
  if (answer.status === 401) location.assign(new URL("login", document.baseURI));
  throw new Problem(answer.status, found);
}

/** @type {(path: string, options?: { signal?: AbortSignal }) => Promise<any>} */
export const get = (path, options = {}) => ask("GET", path, undefined, options);
/** @type {(path: string, form?: any, options?: { key?: string, signal?: AbortSignal }) => Promise<any>} */
export const post = (path, form = {}, options = {}) => ask("POST", path, form, options);
export const patch = (path, form) => ask("PATCH", path, form);
export const put = (path, form) => ask("PUT", path, form);
export const remove = (path) => ask("DELETE", path);

/**
 * Upload a file, and tell how far it is; tried again until it arrives.
 * @param {File} file
 * @param {"photo" | "painting" | "mask"} purpose
 * @param {(part: number) => void} tell
 * @returns {Promise<Api.Picture>}
 */
export async function upload(file, purpose, tell = () => {}) {
  const key = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
  for (let pause = 1000; ; pause = Math.min(pause * 2, 15000)) {
    const found = await send(file, purpose, key, tell);
    if (found) return found;
    online.value = false;
    await new Promise((done) => setTimeout(done, pause));
  }
}

function send(file, purpose, key, tell) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file, file.name || "photo.jpg");
    form.append("purpose", purpose);
    request.open("POST", at("pictures"));
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.onprogress = (event) => event.lengthComputable && tell(event.loaded / event.total);
    request.onerror = () => done(null);
    request.onload = () => {
      online.value = true;
      const found = JSON.parse(request.responseText || "{}");
      if (request.status === 201) done(found);
      else if (request.status === 0 || request.status >= 502) done(null);
      else fail(new Problem(request.status, found));
    };
    request.send(form);
  });
}
