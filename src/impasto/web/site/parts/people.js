/** For administrators: who has an account, what they may do, and invitations. */
import { get, post, put, remove } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { tell, trying } from "../lib/told.js";

const words = texts.settings;

/** @param {{ me: any }} given */
export function People({ me }) {
  const [people, setPeople] = useState([]);
  const [link, setLink] = useState("");
  const load = async () => setPeople(await get("users"));
  useEffect(() => void trying(load), []);
  const invite = () => trying(async () => setLink((await post("users/invitations")).url));
  return html`
    <section>
      <h2>${words.people}</h2>
      ${people.map((one) => html`<${Person} key=${one.id} one=${one} own=${one.id === me.id} load=${load} setLink=${setLink} />`)}
      ${link && html`<p role="status">${words.once} <code>${link}</code></p>`}
      <button class="button" onClick=${invite}>${words.invite}</button>
    </section>
  `;
}

function Person({ one, own, load, setLink }) {
  const reset = () => trying(async () => setLink((await post(`users/${one.id}/reset`)).url));
  const discard = () =>
    confirm(words.sure(one.name)) &&
    trying(async () => {
      await remove(`users/${one.id}`);
      await load();
    });
  const save = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const limits = Object.fromEntries(Object.keys(one.limits).map((name) => [name, Number(form.get(name))]));
    trying(async () => {
      await put(`users/${one.id}/limits`, { limits });
      await load();
      tell(words.saved);
    });
  };
  return html`
    <details>
      <summary>${one.name} · ${one.email}${one.admin && ` · ${words.administrator}`}</summary>
      <form onSubmit=${save}>
        <p>${words.limits}</p>
        ${Object.entries(one.limits).map(
          ([name, value]) => html`
            <label class="field"><span>${words.limit[name]}</span><input type="number" name=${name} min="0" step="any" required value=${value} /></label>
          `,
        )}
        <div class="buttons">
          <button class="button main">${words.save}</button>
          <button class="button" type="button" onClick=${reset}>${words.reset}</button>
          ${!own && html`<button class="button" type="button" onClick=${discard}>${words.discard}</button>`}
        </div>
      </form>
    </details>
  `;
}
