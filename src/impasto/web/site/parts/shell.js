/** The frame of all screens: the name, the menu and the messages. */
import { html } from "../lib/html.js";
import { route } from "../lib/route.js";
import { texts } from "../lib/texts.js";
import { Icon } from "./icon.js";
import { Message } from "./message.js";

const MENU = [
  ["", "plus", texts.menu.new],
  ["gallery", "gallery", texts.menu.gallery],
  ["settings", "settings", texts.menu.settings],
];

export function Shell({ children }) {
  const now = route.value.split("/")[0];
  const current = (path) => (path === now || (path === "gallery" && now === "pictures") ? "page" : undefined);
  return html`
    <a class="skip" href="#main" data-leave>${texts.skip}</a>
    <header class="bar">
      <a class="name" href="./">${texts.name}</a>
      <nav>
        ${MENU.map(
          ([path, icon, name]) => html`
            <a href=${`./${path}`} aria-current=${current(path)}><${Icon} name=${icon} /><span>${name}</span></a>
          `,
        )}
      </nav>
    </header>
    <main id="main" tabindex="-1"><h1 class="unseen">${texts.menu[now === "" ? "new" : now] ?? texts.menu.gallery}</h1>${children}</main>
    <${Message} />
  `;
}
