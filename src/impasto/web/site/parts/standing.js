/** Where the picture is: its state, how far, and for how long. */
import { html } from "../lib/html.js";
import { isOver } from "../lib/jobs.js";
import { texts } from "../lib/texts.js";

const words = texts.picture;

/** @param {{ found: Api.Job }} given */
export function Standing({ found }) {
  const progress = found.progress;
  const parts = [texts.states[found.state]];
  if (found.state === "waiting" && found.place) parts.push(words.place(found.place));
  if (found.state === "running" && progress) parts.push(words.steps(progress));
  if (found.state === "running" && progress?.seconds_left) parts.push(words.left(progress.seconds_left));
  if (found.error) parts.push(found.error);
  return html`
    <div class="standing" data-state=${found.state}>
      <p role="status">${parts.join(" · ")}</p>
      ${!isOver(found) && html`<progress value=${progress ? progress.done / progress.of : 0} max="1" aria-label=${parts[0]} />`}
    </div>
  `;
}
