/** How a picture was made, in words, with every setting that was chosen. */
import { at, get } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { inWords } from "../lib/inwords.js";
import { texts } from "../lib/texts.js";

/** @param {{ found: Api.Job }} given */
export function Facts({ found }) {
  const [names, setNames] = useState({});
  const ids = [found.content, ...found.styles.map((style) => style.id)].filter(Boolean);
  useEffect(() => {
    Promise.all(ids.map(async (id) => [id, await titleOf(id)])).then((pairs) => setNames(Object.fromEntries(pairs)), () => {});
  }, [found.id]);
  const rows = Object.entries(found.settings).filter(([, value]) => value !== "" && value !== null);
  return html`
    <section class="facts">
      <h2>${texts.picture.recipe}</h2>
      <p>${inWords(found, names)}</p>
      <details>
        <summary>${texts.picture.settings}</summary>
        <dl>
          ${rows.map(([name, value]) => html`<dt>${name.replaceAll("_", " ")}</dt><dd>${String(value)}</dd>`)}
        </dl>
        <a href=${at(`jobs/${found.id}/recipe`)} download="recipe.json" data-leave>${texts.picture.file}</a>
      </details>
    </section>
  `;
}

/** The title of a picture or a look; empty if it has been deleted. */
async function titleOf(id) {
  if (id.startsWith("look-")) return (await get("looks")).find((one) => one.id === id)?.title ?? "";
  return (await get(`pictures/${id}`).catch(() => null))?.title ?? "";
}
