/** A slider with its name and its number. */
import { html, useState } from "../lib/html.js";

let count = 0;

/**
 * @param {{ name: string, value: number, low?: number, high?: number, onInput: (value: number) => void,
 *   onChange?: (value: number) => void }} given
 */
export function Dial({ name, value, low = 0, high = 100, onInput, onChange = () => {} }) {
  const [id] = useState(() => `dial-${(count += 1)}`);
  return html`
    <div class="dial">
      <label for=${id}>${name}</label>
      <output for=${id}>${value}</output>
      <input
        id=${id}
        type="range"
        min=${low}
        max=${high}
        value=${value}
        onInput=${(event) => onInput(event.target.valueAsNumber)}
        onChange=${(event) => onChange(event.target.valueAsNumber)}
      />
    </div>
  `;
}
