/** Links to a picture: make one, see which there are, and revoke them. */
import { get, post, remove } from "../lib/api.js";
import { html, useRef, useState } from "../lib/html.js";
import { day, texts } from "../lib/texts.js";
import { tell, trying } from "../lib/told.js";
import { Act } from "./act.js";

const words = texts.share;

/** @param {{ found: Api.Job }} given */
export function Share({ found }) {
  const dialog = useRef(null);
  const [links, setLinks] = useState([]);
  const [recipe, setRecipe] = useState(false);
  const open = () =>
    trying(async () => {
      setLinks(await get(`jobs/${found.id}/shares`));
      dialog.current.showModal();
    });
  const make = () =>
    trying(async () => {
      const made = await post(`jobs/${found.id}/shares`, { recipe });
      setLinks((before) => [...before, made]);
      await pass(made.url);
    });
  const revoke = (link) =>
    trying(async () => {
      await remove(`shares/${link.id}`);
      setLinks((before) => before.filter((one) => one.id !== link.id));
      tell(words.revoked);
    });
  return html`
    <${Act} icon="share" name=${words.share} act=${open} />
    <dialog ref=${dialog} aria-label=${words.title}>
      <h2>${words.title}</h2>
      <p>${words.hint}</p>
      <ul class="list">${links.map((link) => html`<${Link} key=${link.id} link=${link} revoke=${revoke} />`)}</ul>
      <label class="check">
        <input type="checkbox" checked=${recipe} onChange=${(event) => setRecipe(event.target.checked)} /> ${words.recipe}
      </label>
      <div class="buttons">
        <button class="button main" onClick=${make}>${words.make}</button>
        <button class="button" onClick=${() => dialog.current.close()}>${texts.close}</button>
      </div>
    </dialog>
  `;
}

/** A link: its address is known only to the page that made it. */
function Link({ link, revoke }) {
  return html`
    <li>
      ${link.url
        ? html`<input readonly value=${link.url} aria-label=${words.link} onFocus=${(event) => event.target.select()} />
            <button class="button" onClick=${() => pass(link.url)}>${passing() ? words.send : words.copy}</button>`
        : html`<span>${words.made(day(link.created))}</span>`}
      <button class="button" onClick=${() => revoke(link)}>${words.revoke}</button>
    </li>
  `;
}

/** Whether the device has a share sheet that one uses by a finger. */
const passing = () => navigator.share && matchMedia("(pointer: coarse)").matches;

const pass = (url) =>
  trying(async () => {
    if (passing()) return navigator.share({ url });
    await navigator.clipboard?.writeText(url); // which only a secure page has
    if (navigator.clipboard) tell(words.copied);
  });
