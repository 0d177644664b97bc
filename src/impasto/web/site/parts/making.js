/** The film of a picture's making, to look at, keep and share. */
import { at } from "../lib/api.js";
import { html, useRef, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { trying } from "../lib/told.js";
import { Act } from "./act.js";

const words = texts.making;

/** @param {{ found: Api.Job }} given */
export function Making({ found }) {
  const dialog = useRef(null);
  const [open, setOpen] = useState(false);
  if (found.preview < 2 || ["video", "instant"].includes(found.kind)) return null;
  const src = at(`jobs/${found.id}/making`);
  const show = () => {
    setOpen(true);
    dialog.current.showModal();
  };
  return html`
    <${Act} icon="film" name=${words.making} act=${show} />
    <dialog ref=${dialog} aria-label=${words.making} onClose=${() => setOpen(false)}>
      <h2>${words.making}</h2>
      ${open && html`<video src=${src} controls autoplay muted loop playsinline aria-label=${words.making} />`}
      <div class="buttons">
        <a class="button main" href=${src} download data-leave>${words.keep}</a>
        ${navigator.canShare && html`<button class="button" onClick=${() => send(src)}>${texts.share.send}</button>`}
        <button class="button" onClick=${() => dialog.current.close()}>${texts.close}</button>
      </div>
    </dialog>
  `;
}

const send = (src) =>
  trying(async () => {
    const film = await (await fetch(src)).blob();
    const files = [new File([film], "making.mp4", { type: "video/mp4" })];
    if (navigator.canShare({ files })) await navigator.share({ files });
  });
