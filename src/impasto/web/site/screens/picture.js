/** One picture: it forms before one's eyes, and is steered, compared, kept and shared. */
import { html, useEffect, useState } from "../lib/html.js";
import { fetchJob, job } from "../lib/jobs.js";
import { texts } from "../lib/texts.js";
import { tell } from "../lib/told.js";
import { Actions } from "../parts/actions.js";
import { Facts } from "../parts/facts.js";
import { Stages } from "../parts/stages.js";
import { Standing } from "../parts/standing.js";
import { View } from "../parts/view.js";

/** @param {{ id: string }} given */
export function Picture({ id }) {
  const [gone, setGone] = useState(false);
  const [stage, setStage] = useState(null);
  useEffect(() => {
    setGone(false);
    fetchJob(id).catch((error) => (error.status === 404 ? setGone(true) : tell(error.message, { wrong: true })));
  }, [id]);
  const found = job(id).value;
  if (gone) return html`<p class="blank">${texts.picture.gone}</p>`;
  if (!found) return html`<p class="blank" aria-busy="true"></p>`;
  return html`
    <article class="one">
      <${View} found=${found} stage=${stage} leave=${() => setStage(null)} />
      <${Standing} found=${found} />
      <${Actions} found=${found} stage=${stage} />
      <${Stages} found=${found} chosen=${stage} choose=${setStage} />
      <${Facts} found=${found} />
    </article>
  `;
}
