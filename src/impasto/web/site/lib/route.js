/** Which screen is shown: the path below the address of the studio. */
import { signal } from "./html.js";

const base = new URL(document.baseURI).pathname;
const here = () => location.pathname.slice(base.length).replace(/\/$/, "");

/** The path now, such as "pictures/3f…". */
export const route = signal(here());

/** Go to a path, with a transition where the browser has them. */
export function go(path, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", base + path);
  show();
}

function show() {
  const change = () => {
    route.value = here();
    scrollTo(0, 0);
  };
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (document.startViewTransition && !still) document.startViewTransition(change);
  else change();
}

addEventListener("popstate", show);
addEventListener("click", (event) => {
  const link = event.target instanceof Element && /** @type {HTMLAnchorElement} */ (event.target.closest("a[href]"));
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  if (!link || !plain || link.target || link.hasAttribute("download")) return;
  const to = new URL(link.href);
  if (to.origin !== location.origin || !to.pathname.startsWith(base) || "leave" in link.dataset) return;
  event.preventDefault();
  go(to.pathname.slice(base.length));
});
