/** A list of tokens, webhooks or browsers, to which some can be added. */
import { get, post, remove } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { trying } from "../lib/told.js";

const words = texts.settings;

/**
 * @param {{ title: string, path: string, field?: string, label?: string, end: string,
 *   shows: (one: any) => any }} given
 */
export function Listed({ title, path, field = "", label = "", end, shows }) {
  const [found, setFound] = useState([]);
  const [once, setOnce] = useState("");
  const load = async () => setFound(await get(path));
  useEffect(() => void trying(load), []);
  const add = (event) => {
    event.preventDefault();
    const value = new FormData(event.target).get(field);
    trying(async () => {
      const made = await post(path, { [field]: value });
      event.target.reset();
      setOnce(made.secret);
      await load();
    });
  };
  const drop = (id) =>
    trying(async () => {
      await remove(`${path}/${id}`);
      await load();
    });
  return html`
    <section>
      <h2>${title}</h2>
      <ul class="list">
        ${found.map((one) => html`<li><span>${shows(one)}</span><button class="button" onClick=${() => drop(one.id)}>${end}</button></li>`)}
      </ul>
      ${once && html`<p role="status">${words.once} <code>${once}</code></p>`}
      ${field &&
      html`<form class="line" onSubmit=${add}>
        <label class="field"><span>${label}</span><input name=${field} required maxlength="2000" /></label>
        <button class="button">${words.make}</button>
      </form>`}
    </section>
  `;
}
