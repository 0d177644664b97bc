/** A setting that is one of some words, or a picture of one's own, such as a mask. */
import { at, upload } from "../lib/api.js";
import { html } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { trying } from "../lib/told.js";
import { Icon } from "./icon.js";
import { Pick } from "./pick.js";

/** @param {{ id: string, title: string, one: any, value: string, change: (value: string) => void }} given */
export function FileField({ id, title, one, value, change }) {
  const words = one.words.filter(Boolean);
  const picture = value && !words.includes(value);
  const take = (file) => trying(async () => change((await upload(file, "mask")).id));
  const without = () => change(one.type === "array" ? "" : one.default);
  return html`
    <div class="filefield">
      ${words.length > 0 &&
      html`<select id=${id} aria-describedby=${`${id}-help`} onChange=${(event) => event.target.value && change(event.target.value)}>
        ${words.map((word) => html`<option value=${word} selected=${word === value}>${word}</option>`)}
        ${picture && html`<option value="" selected>${texts.start.picture}</option>`}
      </select>`}
      ${picture && html`<img src=${at(`pictures/${value}/thumbnail`)} alt=${texts.start.picture} width="44" height="44" />`}
      <${Pick} id=${words.length ? undefined : id} name=${texts.start.mask} onFile=${take} />
      ${picture && html`<button class="button" aria-label=${texts.start.without(title)} onClick=${without}><${Icon} name="x" /></button>`}
    </div>
  `;
}
