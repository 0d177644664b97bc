/** One picture: it forms before one's eyes, and is steered, compared, kept and shared. */
import { at, get, patch, post, remove } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { fetchJob, isOver, job, learn, previewOf, resultOf } from "../lib/jobs.js";
import { go } from "../lib/route.js";
import { texts } from "../lib/texts.js";
import { tell, trying } from "../lib/told.js";
import { Compare } from "../parts/compare.js";
import { Dial } from "../parts/dial.js";
import { Icon } from "../parts/icon.js";

const words = texts.picture;

export function Picture({ id }) {
  const [gone, setGone] = useState(false);
  useEffect(() => {
    setGone(false);
    fetchJob(id).catch((error) => (error.status === 404 ? setGone(true) : tell(error.message, { wrong: true })));
  }, [id]);
  const found = job(id).value;
  if (gone) return html`<p class="blank">${words.gone}</p>`;
  if (!found) return html`<p class="blank" aria-busy="true"></p>`;
  return html`
    <article class="one">
      <${View} found=${found} />
      <${Standing} found=${found} />
      <${Actions} found=${found} />
      <${Facts} found=${found} />
    </article>
  `;
}

function View({ found }) {
  const before = found.content && at(`pictures/${found.content}/file`);
  const name = found.name || found.kind;
  const film = found.kind === "video";
  if (found.state === "done" && film) return html`<video class="view" src=${resultOf(found)} controls loop />`;
  if (found.state === "done" && before) {
    const ratio = found.result.width / found.result.height;
    return html`<div class="view"><${Compare} before=${before} after=${resultOf(found)} alt=${name} ratio=${ratio} /></div>`;
  }
  if (found.state === "done") return html`<img class="view" src=${resultOf(found)} alt=${name} />`;
  const src = found.preview ? previewOf(found) : found.content ? at(`pictures/${found.content}/thumbnail`) : null;
  return html`<div class="view forming" data-begun=${found.preview > 0}>${src && html`<img src=${src} alt=${name} />`}</div>`;
}

/** Where the picture is: its state, how far, and for how long. */
function Standing({ found }) {
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

function Actions({ found }) {
  const act = (path, form) => trying(async () => learn(await post(`jobs/${found.id}/${path}`, form)));
  const favour = () => trying(async () => learn(await patch(`jobs/${found.id}`, { favourite: !found.favourite })));
  const branch = () =>
    trying(async () => {
      const made = learn(await post(`jobs/${found.id}/branch`, {}, { key: `${found.id} ${Date.now()}` }));
      go(`pictures/${made.value.id}`);
    });
  const repeat = (more) =>
    trying(async () => {
      const { preset, ...settings } = found.settings;
      const form = { kind: found.kind, content: found.content, styles: found.styles, name: found.name, preset };
      const made = await post("jobs", { ...form, settings: { ...settings, ...more } }, { key: `${found.id} ${Date.now()}` });
      learn(made);
      go(`pictures/${made.id}`);
    });
  const discard = () =>
    trying(async () => {
      await remove(`jobs/${found.id}`);
      const act = () => trying(async () => learn(await post(`jobs/${found.id}/restore`)));
      tell(words.removed, { action: words.undo, act });
      go("gallery");
    });
  const size = Math.max(found.result?.width ?? 0, found.result?.height ?? 0);
  return html`
    <div class="actions">
      ${!isOver(found) && html`<${Steer} found=${found} />`}
      <div class="buttons">
        ${found.state === "running" && html`<${Act} icon="pause" name=${words.pause} act=${() => act("pause")} />`}
        ${["paused", "failed"].includes(found.state) &&
        html`<${Act} icon="play" name=${found.state === "failed" ? words.again : words.resume} act=${() => act("resume")} />`}
        ${!isOver(found) && html`<${Act} icon="x" name=${words.cancel} act=${() => act("cancel")} />`}
        ${found.state === "done" &&
        html`<a class="button main" href=${resultOf(found)} download data-leave><${Icon} name="download" /><span>${words.download}</span></a>
          <${Share} found=${found} />`}
        ${found.state === "done" && found.kind === "stylize" && size > 0 && size <= 4096 && html`<${Act} icon="larger" name=${words.larger} act=${() => repeat({ size: size * 2 })} />`}
        ${found.branches > 0 && html`<${Act} icon="branch" name=${words.branch} act=${branch} />`}
        <${Act} icon="heart" name=${words.favourite} act=${favour} pressed=${found.favourite} />
        <${Act} icon="trash" name=${words.remove} act=${discard} />
      </div>
    </div>
  `;
}

const Act = ({ icon, name, act, pressed }) => html`
  <button class="button" onClick=${act} aria-pressed=${pressed}>
    <${Icon} name=${icon} filled=${pressed} /><span>${name}</span>
  </button>
`;

/** The strength of a picture that is being painted: the next previews follow it. */
function Steer({ found }) {
  const [value, setValue] = useState(found.settings.strength ?? 58);
  if (found.kind !== "stylize") return null;
  const change = (next) => trying(() => post(`jobs/${found.id}/change`, { settings: { strength: next } }));
  return html`<${Dial} name=${words.stronger} value=${value} onInput=${setValue} onChange=${change} />`;
}

function Share({ found }) {
  const share = () =>
    trying(async () => {
      const { url } = await post(`jobs/${found.id}/shares`, {});
      if (navigator.share && matchMedia("(pointer: coarse)").matches) await navigator.share({ url });
      else {
        await navigator.clipboard.writeText(url);
        tell(words.shared);
      }
    });
  return html`<${Act} icon="share" name=${words.share} act=${share} />`;
}

/** What was changed when, and the settings in words. */
function Facts({ found }) {
  const [events, setEvents] = useState([]);
  const done = found.progress?.done ?? 0;
  useEffect(() => {
    get(`jobs/${found.id}/events`).then(setEvents, () => {});
  }, [found.id, found.state, Math.floor(done / 20)]);
  const changes = events.filter((event) => event.kind === "changed" && event.change?.settings);
  const rows = Object.entries(found.settings).filter(([name]) => name !== "preset");
  return html`
    <section class="facts">
      ${changes.length > 0 &&
      html`<h2>${words.changes}</h2>
        <ol>
          ${changes.map((event) => {
            const what = Object.entries(event.change.settings).map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`);
            return html`<li>${what.join(", ")} <small>${words.at(event.change.step)}</small></li>`;
          })}
        </ol>`}
      <details>
        <summary>${words.recipe}</summary>
        <dl>
          ${rows.map(([name, value]) => html`<dt>${name.replaceAll("_", " ")}</dt><dd>${String(value)}</dd>`)}
        </dl>
      </details>
    </section>
  `;
}
