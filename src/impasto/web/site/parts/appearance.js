/** Light, dark, or as the device has it; kept in this browser. */
import { html, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";

const words = texts.settings, KEY = "impasto look";

/** Give the page the look that was chosen before. */
export const dress = () => (document.documentElement.dataset.look = localStorage.getItem(KEY) ?? "auto");

export function Appearance() {
  const [look, setLook] = useState(localStorage.getItem(KEY) ?? "auto");
  const choose = (next) => {
    setLook(next);
    localStorage.setItem(KEY, next);
    dress();
  };
  return html`
    <section>
      <h2>${words.appearance}</h2>
      <div class="choices" role="radiogroup" aria-label=${words.appearance}>
        ${["auto", "light", "dark"].map(
          (one) => html`<label class="button"><input type="radio" name="look" checked=${look === one} onChange=${() => choose(one)} /> ${words[one]}</label>`,
        )}
      </div>
    </section>
  `;
}
