/** How the picture came to be, as a line of small pictures: what was changed when, and where to branch from. */
import { get } from "../lib/api.js";
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { stageOf } from "../lib/jobs.js";
import { texts } from "../lib/texts.js";

const words = texts.picture;

/** Small pictures of a line at most. */
const MOST = 12;

/** @param {{ found: Api.Job, chosen: Api.Stage | null, choose: (stage: Api.Stage | null) => void }} given */
export function Stages({ found, chosen, choose }) {
  const [stages, setStages] = useState([]);
  const changes = useChanges(found);
  useEffect(() => {
    get(`jobs/${found.id}/previews`).then(setStages, () => {});
  }, [found.id, found.preview, found.state]);
  if (found.kind === "instant" || stages.length < 2) return null;
  const shown = thinned(stages);
  const ends = shown.filter((stage, number) => stage.scale !== shown[number + 1]?.scale);
  return html`
    <section class="stages">
      <h2>${words.stages}</h2>
      <ol class="row">
        ${shown.map(
          (stage) => html`
            <li key=${stage.number}>
              <button aria-pressed=${chosen?.number === stage.number} onClick=${() => choose(chosen?.number === stage.number ? null : stage)}>
                <img src=${stageOf(found, stage)} alt="" width="88" height="88" loading="lazy" />
                <span>${words.at(stage.step)}</span>
              </button>
              <small>${ends.includes(stage) && stage.scale <= found.branches ? words.end(stage.scale) : ""}</small>
            </li>
          `,
        )}
      </ol>
      ${changes.length > 0 &&
      html`<ul class="changes">
        ${changes.map((event) => html`<li key=${event.number}>${words.change(event.change)}</li>`)}
      </ul>`}
    </section>
  `;
}

/** What was changed so far; only what is new is asked for. */
function useChanges(found) {
  const [changes, setChanges] = useState([]);
  const last = useRef(0);
  useEffect(() => {
    const take = (events) => {
      const fresh = events.filter((event) => event.number > last.current); // two answers may overlap
      last.current = fresh.at(-1)?.number ?? last.current;
      const more = fresh.filter((event) => event.kind === "changed" && event.change?.settings);
      if (more.length) setChanges((before) => [...before, ...more]);
    };
    get(`jobs/${found.id}/events?after=${last.current}`).then(take, () => {});
  }, [found.id, found.preview, found.state]);
  return changes;
}

/** Some of the stages, evenly, with the last of each scale. */
function thinned(stages) {
  const every = Math.ceil(stages.length / MOST);
  const last = stages.length - 1;
  return stages.filter((stage, number) => (last - number) % every === 0 || stage.scale !== stages[number + 1].scale);
}
