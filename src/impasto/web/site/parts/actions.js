/** What can be done with a picture: steer, pause, branch, keep, share, paint again. */
import { patch, post, remove } from "../lib/api.js";
import { again } from "../lib/again.js";
import { html } from "../lib/html.js";
import { isOver, learn, resultOf } from "../lib/jobs.js";
import { go } from "../lib/route.js";
import { texts } from "../lib/texts.js";
import { tell, trying } from "../lib/told.js";
import { Act } from "./act.js";
import { Icon } from "./icon.js";
import { Making } from "./making.js";
import { Share } from "./share.js";
import { Steer } from "./steer.js";

const words = texts.picture;

/** Long sides up to which a picture can be painted at twice its size here. */
const LARGEST = 4096;

/** @param {{ found: Api.Job, stage: Api.Stage | null }} given */
export function Actions({ found, stage }) {
  const over = isOver(found);
  const act = (path) => trying(async () => learn(await post(`jobs/${found.id}/${path}`)));
  const favour = () => trying(async () => learn(await patch(`jobs/${found.id}`, { favourite: !found.favourite })));
  return html`
    <div class="actions">
      ${!over && html`<${Steer} found=${found} />`}
      <div class="buttons">
        ${found.state === "running" && html`<${Act} icon="pause" name=${words.pause} act=${() => act("pause")} />`}
        ${found.state === "paused" && html`<${Act} icon="play" name=${words.resume} act=${() => act("resume")} kind="main" />`}
        ${found.state === "failed" && html`<${Act} icon="play" name=${words.again} act=${() => act("resume")} kind="main" />`}
        ${!over && html`<${Act} icon="x" name=${words.cancel} act=${() => act("cancel")} />`}
        ${found.state === "done" && html`<${Kept} found=${found} />`}
        ${found.branches > 0 && html`<${Branch} found=${found} stage=${stage} />`}
        <${Act} icon="heart" name=${words.favourite} act=${favour} pressed=${found.favourite} />
        ${over && found.kind !== "reconstruct" && html`<${Again} found=${found} />`}
        <${Act} icon="trash" name=${words.remove} act=${() => discard(found)} />
      </div>
    </div>
  `;
}

/** What there is to do with a picture that is done. */
function Kept({ found }) {
  const size = Math.max(found.result.width ?? 0, found.result.height ?? 0);
  const larger = () =>
    trying(async () => {
      const { preset, ...settings } = found.settings;
      const form = { kind: found.kind, content: found.content, styles: found.styles, name: found.name, preset };
      const made = await post("jobs", { ...form, settings: { ...settings, size: size * 2 } }, { key: `${found.id} ${Date.now()}` });
      learn(made);
      go(`pictures/${made.id}`);
    });
  return html`
    <a class="button main" href=${resultOf(found)} download data-leave><${Icon} name="download" /><span>${words.download}</span></a>
    <${Share} found=${found} />
    ${found.kind === "stylize" && size > 0 && size <= LARGEST && html`<${Act} icon="larger" name=${words.larger} act=${larger} />`}
    <${Making} found=${found} />
  `;
}

/** Another picture from what this one was at the end of a scale, the chosen or the last. */
function Branch({ found, stage }) {
  const scale = stage && stage.scale <= found.branches && found.kind === "stylize" ? stage.scale : 0;
  const branch = () =>
    trying(async () => {
      const made = await post(`jobs/${found.id}/branch`, { at: scale }, { key: `${found.id} ${Date.now()}` });
      learn(made);
      go(`pictures/${made.id}`);
    });
  return html`<${Act} icon="branch" name=${scale ? words.branchAt(scale) : words.branch} act=${branch} />`;
}

function Again({ found }) {
  const begin = (without) => trying(() => again(found, without));
  return html`
    ${found.content && html`<${Act} icon="image" name=${words.anotherPhoto} act=${() => begin("photo")} />`}
    <${Act} icon="brush" name=${words.anotherPainting} act=${() => begin("painting")} />
  `;
}

function discard(found) {
  return trying(async () => {
    await remove(`jobs/${found.id}`);
    const act = () => trying(async () => learn(await post(`jobs/${found.id}/restore`)));
    tell(words.removed, { action: words.undo, act });
    go("gallery");
  });
}
