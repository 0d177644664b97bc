/** The studio in the browser. */
import { html, render } from "./lib/html.js";
import { follow } from "./lib/jobs.js";
import { route } from "./lib/route.js";
import { recall } from "./lib/sketch.js";
import { dress } from "./parts/appearance.js";
import { Shell } from "./parts/shell.js";
import { Gallery } from "./screens/gallery.js";
import { New } from "./screens/new.js";
import { Picture } from "./screens/picture.js";
import { Settings } from "./screens/settings.js";

function Screen() {
  const [screen, id] = route.value.split("/");
  if (screen === "gallery") return html`<${Gallery} />`;
  if (screen === "settings") return html`<${Settings} />`;
  if (screen === "pictures" && id) return html`<${Picture} id=${id} key=${id} />`;
  return html`<${New} />`;
}

dress();
follow();
recall();
navigator.serviceWorker?.register("worker.js").catch(() => {}); // without it, the studio needs the network
render(html`<${Shell}><${Screen} /></${Shell}>`, document.body);
