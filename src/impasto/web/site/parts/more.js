/** Every other setting, from the schema of the studio, in groups, to be searched. */
import { get } from "../lib/api.js";
import { kind } from "../lib/draft.js";
import { html, useEffect, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { trying } from "../lib/told.js";
import { Field } from "./field.js";
import { Plan } from "./plan.js";

/** What has a place of its own on the screen, or none in a browser. */
const ELSEWHERE = ["strength", "dpi"];

export function More() {
  const [open, setOpen] = useState(false);
  const [schema, setSchema] = useState(null);
  useEffect(() => {
    if (open && !schema) trying(async () => setSchema(await get(`settings/${kind.value}`)));
  }, [open]);
  return html`
    <details class="more" onToggle=${(event) => setOpen(event.target.open)}>
      <summary>${texts.start.more}</summary>
      ${open && html`<${Plan} />`} ${schema && html`<${Settings} schema=${schema} />`}
    </details>
  `;
}

function Settings({ schema }) {
  const [search, setSearch] = useState("");
  const [every, setEvery] = useState(false);
  const words = search.trim().toLowerCase().split(/\s+/);
  const fits = ([name, one]) => {
    const text = `${name} ${one.title} ${one.description} ${one.group}`.toLowerCase();
    return search ? words.every((word) => text.includes(word)) : every || one.common;
  };
  const found = Object.entries(schema.properties).filter(([name]) => !ELSEWHERE.includes(name)).filter(fits);
  const groups = [...new Set(found.map(([, one]) => one.group))];
  return html`
    <input
      type="search"
      placeholder=${texts.start.search}
      aria-label=${texts.start.search}
      value=${search}
      onInput=${(event) => setSearch(event.target.value)}
    />
    <div class="settings">
      ${found.length === 0 && html`<p class="blank">${texts.gallery.none}</p>`}
      ${groups.map(
        (group) => html`
          <fieldset key=${group}>
            <legend>${group}</legend>
            ${found.filter(([, one]) => one.group === group).map(([name, one]) => html`<${Field} key=${name} name=${name} one=${one} />`)}
          </fieldset>
        `,
      )}
    </div>
    ${!search && html`<button class="button" onClick=${() => setEvery(!every)}>${every ? texts.start.fewer : texts.start.every}</button>`}
  `;
}
