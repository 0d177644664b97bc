/** The picture as it is now, or as it was: forming, done beside its photo, or a film. */
import { at } from "../lib/api.js";
import { html } from "../lib/html.js";
import { previewOf, resultOf, stageOf } from "../lib/jobs.js";
import { texts } from "../lib/texts.js";
import { zoom } from "../lib/zoom.js";
import { Compare } from "./compare.js";
import { Icon } from "./icon.js";

/** @param {{ found: Api.Job, stage: Api.Stage | null, leave: () => void }} given */
export function View({ found, stage, leave }) {
  const name = found.name || texts.kinds[found.kind];
  if (stage) return html`<${Before} found=${found} stage=${stage} leave=${leave} />`;
  if (found.state !== "done") return html`<${Forming} found=${found} name=${name} />`;
  if (found.kind === "video") return html`<video class="view" src=${resultOf(found)} aria-label=${name} controls loop />`;
  const { width, height } = found.result;
  const before = found.content && at(`pictures/${found.content}/file`);
  const picture = before
    ? html`<${Compare} before=${before} after=${resultOf(found)} alt=${name} ratio=${width / height} />`
    : html`<img src=${resultOf(found)} alt=${name} width=${width} height=${height} />`;
  return html`
    <div class="view">
      ${picture}
      <button class="button corner" aria-label=${texts.picture.zoom} onClick=${() => zoom(resultOf(found), name, width, height)}>
        <${Icon} name="zoom" />
      </button>
    </div>
  `;
}

/** The picture as it was at a stage. */
function Before({ found, stage, leave }) {
  return html`
    <div class="view forming">
      <img src=${stageOf(found, stage)} alt=${texts.picture.at(stage.step)} />
      <button class="button corner" onClick=${leave}>${texts.picture.newest}</button>
    </div>
  `;
}

function Forming({ found, name }) {
  const src = found.preview ? previewOf(found) : found.content ? at(`pictures/${found.content}/thumbnail`) : null;
  return html`<div class="view forming" data-begun=${found.preview > 0}>${src && html`<img src=${src} alt=${name} />`}</div>`;
}
