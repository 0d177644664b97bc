/** Two pictures, one over the other, divided by a slider: by drag, tap and keys. */
import { html, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";

/** @param {{ before: string, after: string, alt: string, ratio: number }} given */
export function Compare({ before, after, alt, ratio }) {
  const [part, setPart] = useState(50);
  return html`
    <figure class="compare" style=${{ "--part": `${part}%`, "--ratio": ratio }}>
      <img src=${after} alt=${alt} />
      <img class="before" src=${before} alt="" />
      <input
        type="range"
        min="0"
        max="100"
        value=${part}
        aria-label=${texts.picture.compare}
        onInput=${(event) => setPart(Number(event.target.value))}
      />
    </figure>
  `;
}
