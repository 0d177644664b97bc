/** Several paintings at once, each with its weight. */
import { mixing, paintings } from "../lib/draft.js";
import { html } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { Dial } from "./dial.js";

const PARTS = 100;

export function Mix() {
  const many = paintings.value.length > 1;
  const change = (event) => {
    mixing.value = event.target.checked;
    if (!mixing.value) paintings.value = paintings.value.slice(-1);
  };
  const weigh = (id, part) =>
    (paintings.value = paintings.value.map((one) => (one.id === id ? { ...one, weight: Math.max(1, part) / PARTS } : one)));
  return html`
    <div class="mix">
      <label class="check">
        <input type="checkbox" checked=${mixing.value} onChange=${change} /> ${texts.start.mix}
      </label>
      ${many &&
      paintings.value.map(
        ({ id, title, weight }) => html`
          <${Dial} key=${id} name=${title} low=${1} value=${Math.round(weight * PARTS)} onInput=${(part) => weigh(id, part)} />
        `,
      )}
    </div>
  `;
}
