/** A slider with its name and its number. */
import { html } from "../lib/html.js";

let count = 0;

/** @param {{ name: string, value: number, low?: number, high?: number, onInput: (value: number) => void }} given */
export function Dial({ name, value, low = 0, high = 100, onInput, onChange = () => {} }) {
  const id = `dial-${(count += 1)}`;
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
        onInput=${(event) => onInput(Number(event.target.value))}
        onChange=${(event) => onChange(Number(event.target.value))}
      />
    </div>
  `;
}
