/** The paintings that one has added. */
import { at, get, remove } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { trying } from "../lib/told.js";

const words = texts.settings;

export function Paintings() {
  const [found, setFound] = useState([]);
  const load = async () => setFound((await get("pictures?purpose=painting&limit=100")).items);
  useEffect(() => void trying(load), []);
  const drop = (id) =>
    trying(async () => {
      await remove(`pictures/${id}`);
      await load();
    });
  if (!found.length) return null;
  return html`
    <section>
      <h2>${words.paintings}</h2>
      <ul class="list">
        ${found.map(
          (one) => html`
            <li key=${one.id}>
              <img src=${at(`pictures/${one.id}/thumbnail`)} alt="" width="44" height="44" loading="lazy" />
              <span>${one.title}</span>
              <button class="button" onClick=${() => drop(one.id)}>${texts.picture.remove}</button>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}
