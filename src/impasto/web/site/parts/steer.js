/** The strength of a picture that is being painted: the next previews follow it. */
import { post } from "../lib/api.js";
import { html, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { trying } from "../lib/told.js";
import { Dial } from "./dial.js";

const USUAL = 58;

/** @param {{ found: Api.Job }} given */
export function Steer({ found }) {
  const [value, setValue] = useState(found.settings.strength ?? USUAL);
  if (found.kind !== "stylize") return null;
  const change = (next) => trying(() => post(`jobs/${found.id}/change`, { settings: { strength: next } }));
  return html`<${Dial} name=${texts.picture.stronger} value=${value} onInput=${setValue} onChange=${change} />`;
}
