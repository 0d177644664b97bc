/** The photo, the glance of it, and then the sketch, in one place; before that, where a photo is dropped. */
import { at } from "../lib/api.js";
import { kind, missing, paintings, photo } from "../lib/draft.js";
import { html } from "../lib/html.js";
import { previewOf } from "../lib/jobs.js";
import { useGlance, useSketch } from "../lib/sketch.js";
import { texts } from "../lib/texts.js";
import { Icon } from "./icon.js";
import { Kinds } from "./kinds.js";
import { Pick } from "./pick.js";

const words = texts.start;

/** @param {{ sent: number | null, take: (file: File) => void }} given */
export function Stage({ sent, take }) {
  if (sent !== null) {
    const said = sent < 1 ? words.uploading(sent) : words.looking;
    return html`<section class="stage empty"><p role="status">${said}</p><progress aria-label=${said} value=${sent} max="1" /></section>`;
  }
  if (["photo", "clip"].includes(missing.value)) return html`<${Empty} take=${take} />`;
  if (kind.value === "texture") return html`<section class="stage"><${Texture} /></section>`;
  return html`
    <section class="stage">
      <${Forming} />
      <div class="corner"><${Pick} name=${words.another} onFile=${take}><${Icon} name="image" /></${Pick}></div>
    </section>
  `;
}

function Empty({ take }) {
  const film = kind.value === "video";
  return html`
    <section class="stage empty">
      <${Icon} name=${film ? "film" : "image"} />
      <h2>${film ? words.dropClip : words.title}</h2>
      <p>${words.hint}</p>
      <div class="choices">
        <${Pick} name=${film ? words.chooseClip : words.choose} onFile=${take} kind="main" film=${film} />
        <${Pick} name=${film ? words.cameraClip : words.camera} onFile=${take} capture film=${film}><${Icon} name="camera" /></${Pick}>
      </div>
      <${Kinds} />
    </section>
  `;
}

function Forming() {
  const drawn = useSketch();
  const glance = useGlance();
  const formed = drawn?.preview && drawn.state !== "cancelled" ? previewOf(drawn) : null;
  const { id, title, width, height } = photo.value;
  return html`
    <div class="picture">
      <img class="whole" src=${at(`pictures/${id}/thumbnail`)} alt=${title} width=${width} height=${height} />
      ${glance && html`<img class="layer" src=${glance} alt="" />`}
      ${formed && html`<img class="layer" src=${formed} alt="" />`}
      <${Caption} drawn=${drawn} glance=${glance} />
    </div>
  `;
}

function Texture() {
  const drawn = useSketch();
  const sample = paintings.value[0];
  const src = drawn?.preview ? previewOf(drawn) : sample && at(`pictures/${sample.id}/thumbnail`);
  return html`
    <div class="picture">
      ${src && html`<img class="whole" src=${src} alt=${sample?.title ?? ""} />`}
      ${!sample && html`<p class="blank">${words.sample}</p>`}
      <${Caption} drawn=${drawn} />
    </div>
  `;
}

/** What is shown now, and how far the sketch is. */
function Caption({ drawn, glance = null }) {
  const failed = drawn?.state === "failed" && drawn.error;
  const said = failed || (drawn ? (drawn.state === "done" ? words.sketch : words.sketching) : glance ? words.glance : "");
  const part = drawn?.progress ? drawn.progress.done / drawn.progress.of : 0;
  if (!said) return null;
  const busy = drawn && !["done", "failed", "cancelled"].includes(drawn.state);
  return html`<div class="caption" role="status">${said}${busy && html`<progress aria-label=${said} value=${part} max="1" />`}</div>`;
}
