/** The paintings to choose from, each as a small look on one's own photo. */
import { at, get, upload } from "../lib/api.js";
import { choose, kind, mixing, paintings, photo, quickFilm } from "../lib/draft.js";
import { glance } from "../lib/glances.js";
import { html, useEffect, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { trying } from "../lib/told.js";
import { Icon } from "./icon.js";
import { Pick } from "./pick.js";

export function Strip() {
  const [found, setFound] = useState([]);
  useEffect(() => {
    trying(async () => {
      const asked = [get("paintings"), get("pictures?purpose=painting&limit=100"), get("looks")];
      const [bundled, own, looks] = await Promise.all(asked);
      const painted = bundled.map((one) => one.id.replace("bundled-", "look-"));
      const others = looks.filter((one) => !painted.includes(one.id)).map((one) => ({ ...one, look: true }));
      setFound([...own.items, ...bundled, ...others]);
    });
  }, []);
  const add = (file) =>
    trying(async () => {
      const made = await upload(file, "painting");
      setFound((before) => [made, ...before.filter((one) => one.id !== made.id)]);
      choose(made);
    });
  const shown = found.filter(fits);
  return html`
    <fieldset class="strip">
      <legend>${kind.value === "texture" ? texts.start.samples : texts.start.paintings}</legend>
      <div class="row">
        <${Pick} name=${texts.start.add} onFile=${add} kind="add"><${Icon} name="plus" /></${Pick}>
        ${shown.map((one) => html`<${Choice} key=${one.id} one=${one} />`)}
      </div>
    </fieldset>
  `;
}

/** Whether a painting or a look can be chosen: without its painting, a look paints pictures and quick films only. */
function fits(one) {
  if (quickFilm.value) return one.look;
  return !one.id.startsWith("look-") || (kind.value === "stylize" && !mixing.value);
}

function Choice({ one }) {
  const chosen = paintings.value.some((other) => other.id === one.id);
  return html`
    <label class="choice" title=${`${one.title}${one.painter ? `, ${one.painter}` : ""}`}>
      <input
        class="unseen"
        type=${mixing.value ? "checkbox" : "radio"}
        name="painting"
        checked=${chosen}
        onChange=${() => choose(one)}
      />
      <img src=${useThumbnail(one, chosen)} alt="" width="96" height="96" loading="lazy" />
      <span>${one.title}</span>
      <small>${one.painter}</small>
    </label>
  `;
}

/** The address of a painting's small picture, and soon of one's own photo in its manner. */
function useThumbnail(one, chosen) {
  const thumbnail = at(`${one.id.startsWith("look-") ? "looks" : "pictures"}/${one.id}/thumbnail`);
  const [src, setSrc] = useState(thumbnail);
  const which = kind.value === "stylize" && photo.value?.id;
  // A look for another painting takes a while to find, and comes once it is chosen.
  const glanced = which && (one.look || chosen);
  useEffect(() => {
    if (!glanced) return setSrc(thumbnail);
    const drop = glance(at(`pictures/${which}/looks/${one.id}?size=256&strength=60&brush=1.6`), setSrc);
    return () => {
      drop();
      setSrc(thumbnail);
    };
  }, [which, one.id, glanced]);
  return src;
}
