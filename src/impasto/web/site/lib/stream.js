/** One stream of events for all tabs, since a browser holds only few connections to a server. */
import { at } from "./api.js";

const NAME = `impasto ${new URL(document.baseURI).pathname}`;
const PAUSE = 3000;

/**
 * Take every event of the studio until the page is closed; `opened` is called when some may have been missed,
 * and `lost` when the studio is away.
 * @param {{ take: (job: Api.Job) => void, opened: () => void, lost: () => void }} listener
 */
export function listen(listener) {
  addEventListener("offline", () => listener.lost());
  addEventListener("online", () => listener.opened());
  if (navigator.locks && globalThis.BroadcastChannel) share(listener);
  else whileSeen(() => open(listener)); // a page without TLS has no locks
}

/** The tab that has the lock listens for all; when it is closed, the next one does. */
function share(listener) {
  const tabs = new BroadcastChannel(NAME);
  tabs.onmessage = ({ data: [name, ...given] }) => listener[name](...given);
  const both = (name) => (...given) => {
    listener[name](...given);
    tabs.postMessage([name, ...given]);
  };
  navigator.locks.request(NAME, () => {
    open({ take: both("take"), opened: both("opened"), lost: both("lost") });
    return new Promise(() => {}); // kept until the tab is closed
  });
}

/** Listen while the page is seen. */
function whileSeen(begin) {
  let end = begin();
  document.addEventListener("visibilitychange", () => {
    end();
    if (!document.hidden) end = begin();
  });
}

/** Open the stream, again and again, and return what ends that. */
function open(listener) {
  let over = false;
  const stream = new EventSource(at("events"));
  let ending = () => stream.close();
  stream.addEventListener("job", (event) => listener.take(JSON.parse(event.data)));
  stream.onopen = () => listener.opened();
  stream.onerror = () => {
    listener.lost();
    if (stream.readyState !== EventSource.CLOSED) return; // the browser connects again by itself
    setTimeout(() => !over && (ending = open(listener)), PAUSE);
  };
  return () => {
    over = true;
    ending();
  };
}
