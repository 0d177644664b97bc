/** The message at the foot of the page, and the line that says that the network is away. */
import { online } from "../lib/api.js";
import { html } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { told } from "../lib/told.js";

export function Message() {
  const found = told.value;
  const act = () => {
    told.value = null;
    found.act();
  };
  return html`
    <div class="foot" role="status">
      ${!online.value && html`<p class="message">${texts.offline}</p>`}
      ${found &&
      html`<p class="message" data-wrong=${found.wrong}>
        ${found.text} ${found.act && html`<button onClick=${act}>${found.action}</button>`}
      </p>`}
    </div>
  `;
}
