/** What is made: a picture, a texture or a film. */
import { kind } from "../lib/draft.js";
import { html } from "../lib/html.js";
import { texts } from "../lib/texts.js";

export const Kinds = () => html`
  <fieldset class="kinds">
    <legend class="unseen">${texts.start.kind}</legend>
    ${["stylize", "texture", "video"].map(
      (name) => html`
        <label>
          <input class="unseen" type="radio" name="kind" checked=${kind.value === name} onChange=${() => (kind.value = name)} />
          <span>${texts.start.kinds[name]}</span>
        </label>
      `,
    )}
  </fieldset>
`;
