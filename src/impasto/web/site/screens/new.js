/** The first screen: a photo, a painting, and one slider. */
import { at, get, post, remove, upload } from "../lib/api.js";
import { form, isLook, painting, photo, settings, sketch, strength } from "../lib/draft.js";
import { html, useEffect, useState } from "../lib/html.js";
import { incoming } from "../lib/incoming.js";
import { job, learn, previewOf } from "../lib/jobs.js";
import { go } from "../lib/route.js";
import { texts } from "../lib/texts.js";
import { trying } from "../lib/told.js";
import { Dial } from "../parts/dial.js";
import { Icon } from "../parts/icon.js";
import { More } from "../parts/more.js";
import { Pick } from "../parts/pick.js";
import { Strip } from "../parts/strip.js";

const CALM = 900;
/** Milliseconds after the last move of a dial before a sketch begins. */

export function New() {
  const [sent, setSent] = useState(null);
  const [over, setOver] = useState(false);

  const take = (file) =>
    trying(async () => {
      setSent(0);
      try {
        const found = await upload(file, "photo", setSent);
        photo.value = found;
        sketch.value = null;
      } finally {
        setSent(null);
      }
    });

  useEffect(() => {
    const paste = (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
      if (file) take(file);
    };
    addEventListener("paste", paste);
    incoming(take);
    return () => removeEventListener("paste", paste);
  }, []);

  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) take(file);
  };
  const drag = (event) => {
    event.preventDefault();
    setOver(event.type === "dragover");
  };

  return html`
    <div class="new" data-over=${over} onDrop=${drop} onDragOver=${drag} onDragLeave=${drag}>
      <${Stage} sent=${sent} take=${take} />
      ${photo.value &&
      html`<aside class="controls">
        <${Strip} />
        <${Dial}
          name=${texts.start.strength}
          value=${strength.value}
          onInput=${(value) => (strength.value = value)}
        />
        ${!isLook() && html`<${More} />`}
        <${Paint} />
      </aside>`}
    </div>
  `;
}

/** The photo, the glance of it, and then the sketch, in one place. */
function Stage({ sent, take }) {
  if (sent !== null) {
    const words = sent < 1 ? texts.start.uploading(sent) : texts.start.looking;
    return html`<section class="stage empty"><p>${words}</p><progress value=${sent} max="1" /></section>`;
  }
  if (!photo.value) {
    return html`
      <section class="stage empty">
        <${Icon} name="image" />
        <h2>${texts.start.title}</h2>
        <p>${texts.start.hint}</p>
        <div class="choices">
          <${Pick} name=${texts.start.choose} onFile=${take} kind="main" />
          <${Pick} name=${texts.start.camera} onFile=${take} capture><${Icon} name="camera" /></${Pick}>
        </div>
      </section>
    `;
  }
  return html`
    <section class="stage">
      <${Forming} />
      <div class="corner"><${Pick} name=${texts.start.another} onFile=${take}><${Icon} name="image" /></${Pick}></div>
    </section>
  `;
}

function Forming() {
  useSketch();
  const drawn = sketch.value && !isLook() && job(sketch.value.id).value;
  const title = photo.value.title;
  const whole = at(`pictures/${photo.value.id}/thumbnail`);
  const glance = useGlance();
  const formed = drawn?.preview && drawn.state !== "cancelled" ? previewOf(drawn) : null;
  const words = !painting.value ? "" : !drawn ? texts.start.glance : drawn.state === "done" ? texts.start.sketch : texts.start.sketching;
  const part = drawn?.progress ? drawn.progress.done / drawn.progress.of : 0;
  return html`
    <div class="picture">
      <img class="whole" src=${whole} alt=${title} width=${photo.value.width} height=${photo.value.height} />
      ${glance && html`<img class="layer" src=${glance} alt="" />`}
      ${formed && html`<img class="layer" src=${formed} alt="" />`}
      ${words && html`<div class="caption" role="status">${words}${drawn && drawn.state !== "done" && html`<progress value=${part} max="1" />`}</div>`}
    </div>
  `;
}

/** The address of the photo as the chosen painting's look paints it; it waits for the dial to rest. */
function useGlance() {
  const [shown, setShown] = useState(null);
  const wanted =
    painting.value &&
    at(`pictures/${photo.value.id}/looks/${painting.value.id}?strength=${strength.value}&size=720`);
  useEffect(() => {
    if (!wanted) return setShown(null);
    const wait = setTimeout(() => {
      const image = new Image();
      image.onload = () => setShown(wanted);
      image.src = wanted;
    }, 120);
    return () => clearTimeout(wait);
  }, [wanted]);
  return shown;
}

/** Begin a sketch once both are chosen and the dial rests; begin another when something changes. */
function useSketch() {
  const wanted = painting.value && JSON.stringify(form());
  useEffect(() => {
    if (!wanted || isLook() || sketch.value?.of === wanted) return undefined;
    const wait = setTimeout(
      () =>
        trying(async () => {
          const before = sketch.value;
          const { size, quality, ...rest } = settings.value; // a sketch has its own
          const asked = form({ draft: true, settings: { ...rest, strength: strength.value } });
          const made = await post("jobs", asked, { key: `sketch ${Date.now()} ${Math.random()}` });
          learn(made);
          sketch.value = { id: made.id, of: wanted };
          if (before) await remove(`jobs/${before.id}`).catch(() => {});
        }),
      CALM,
    );
    return () => clearTimeout(wait);
  }, [wanted]);
}

function Paint() {
  const [busy, setBusy] = useState(false);
  const paint = () =>
    trying(async () => {
      setBusy(true);
      try {
        const made = await post("jobs", form(), { key: `paint ${Date.now()} ${Math.random()}` });
        learn(made);
        const before = sketch.value;
        sketch.value = null;
        if (before) remove(`jobs/${before.id}`).catch(() => {});
        go(`pictures/${made.id}`);
      } finally {
        setBusy(false);
      }
    });
  return html`
    <button class="button main wide" disabled=${!painting.value || busy} onClick=${paint}>${texts.start.paint}</button>
  `;
}

/** Look again at what was chosen before a reload: it may have been deleted meanwhile. */
export async function recall() {
  const unless404 = (error) => {
    if (error.status !== 404) throw error;
    return null;
  };
  if (photo.value) photo.value = await get(`pictures/${photo.value.id}`).catch(unless404);
  if (!sketch.value) return;
  const found = await get(`jobs/${sketch.value.id}`).catch(unless404);
  if (found) learn(found);
  else sketch.value = null;
}
