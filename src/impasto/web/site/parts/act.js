/** A button with an icon and a name. */
import { html } from "../lib/html.js";
import { Icon } from "./icon.js";

/** @param {{ icon: string, name: string, act: () => void, pressed?: boolean, kind?: string }} given */
export const Act = ({ icon, name, act, pressed, kind = "" }) => html`
  <button class=${`button ${kind}`} onClick=${act} aria-pressed=${pressed}>
    <${Icon} name=${icon} filled=${pressed} /><span>${name}</span>
  </button>
`;
