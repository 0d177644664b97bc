/** The first screen: a photo, a painting, and one slider. */
import { upload } from "../lib/api.js";
import { byLook, kind, missing, photo, sketch, strength } from "../lib/draft.js";
import { html, useEffect, useState } from "../lib/html.js";
import { incoming } from "../lib/incoming.js";
import { go } from "../lib/route.js";
import { paint } from "../lib/sketch.js";
import { texts } from "../lib/texts.js";
import { trying } from "../lib/told.js";
import { Dial } from "../parts/dial.js";
import { Kinds } from "../parts/kinds.js";
import { Mix } from "../parts/mix.js";
import { More } from "../parts/more.js";
import { Stage } from "../parts/stage.js";
import { Strip } from "../parts/strip.js";

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
        if (found.kind === "clip") kind.value = "video";
        else if (!found.moving && kind.value === "video") kind.value = "stylize";
      } finally {
        setSent(null);
      }
    });

  useEffect(() => {
    const paste = (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find((one) => /^(image|video)\//.test(one.type));
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
      ${!["photo", "clip"].includes(missing.value) && html`<${Controls} />`}
    </div>
  `;
}

function Controls() {
  return html`
    <aside class="controls">
      <${Kinds} />
      <${Strip} />
      <${Mix} />
      ${kind.value !== "texture" &&
      html`<${Dial} name=${texts.start.strength} value=${strength.value} onInput=${(value) => (strength.value = value)} />`}
      ${!byLook.value && html`<${More} key=${kind.value} />`}
      <${Paint} />
    </aside>
  `;
}

function Paint() {
  const [busy, setBusy] = useState(false);
  const begin = () =>
    trying(async () => {
      setBusy(true);
      try {
        go(`pictures/${(await paint()).id}`);
      } finally {
        setBusy(false);
      }
    });
  return html`<button class="button main wide" disabled=${missing.value || busy} onClick=${begin}>${texts.start.paint}</button>`;
}
