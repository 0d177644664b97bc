/** Every other setting, from the schema of the studio, in groups, to be searched. */
import { get, post } from "../lib/api.js";
import { form, painting, settings } from "../lib/draft.js";
import { html, useEffect, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { trying } from "../lib/told.js";

const LEFT_OUT = ["strength", "content_weight", "seed", "dpi", "aspect", "tileable", "excite", "init"];

export function More() {
  const [open, setOpen] = useState(false);
  const [schema, setSchema] = useState(null);
  useEffect(() => {
    if (open && !schema) trying(async () => setSchema(await get("settings/stylize")));
  }, [open]);
  return html`
    <details class="more" onToggle=${(event) => setOpen(event.target.open)}>
      <summary>${texts.start.more}</summary>
      ${open && html`<${Plan} />`} ${schema && html`<${Settings} schema=${schema} />`}
    </details>
  `;
}

/** What the picture will take, and on which papers it can be printed. */
function Plan() {
  const [plan, setPlan] = useState(null);
  const wanted = painting.value && JSON.stringify(form());
  useEffect(() => {
    if (!wanted) return undefined;
    const stop = new AbortController();
    const wait = setTimeout(
      () => post("plan", JSON.parse(wanted), { signal: stop.signal }).then(setPlan, () => setPlan(null)),
      600,
    );
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [wanted]);
  if (!plan) return null;
  const paper = plan.papers.at(-1);
  return html`<p class="plan" role="status">
    ${plan.width} × ${plan.height} px, ${texts.start.plan(plan)}${paper && `, ${texts.start.paper(paper)}`}
  </p>`;
}

function Settings({ schema }) {
  const [search, setSearch] = useState("");
  const all = Object.entries(schema.properties).filter(([name, one]) => !LEFT_OUT.includes(name) && shownBy(one));
  const words = search.toLowerCase();
  const found = all.filter(([name, one]) =>
    words ? `${name} ${one.title} ${one.description}`.toLowerCase().includes(words) : one.common,
  );
  return html`
    <input
      type="search"
      placeholder=${texts.gallery.search}
      aria-label=${texts.gallery.search}
      value=${search}
      onInput=${(event) => setSearch(event.target.value)}
    />
    <div class="settings">${found.map(([name, one]) => html`<${Field} key=${name} name=${name} one=${one} />`)}</div>
  `;
}

/** Whether a setting is a number, a choice or a switch. */
const shownBy = (one) => one.enum || ["integer", "number", "boolean", "string"].includes(kindOf(one));

function kindOf(one) {
  const kinds = (one.anyOf ?? [one]).map((found) => found.type).filter((kind) => kind && kind !== "null");
  return one.format === "file" ? "file" : kinds[0];
}

function Field({ name, one }) {
  const value = settings.value[name] ?? one.default ?? "";
  const set = (next) => {
    const { [name]: _, ...rest } = settings.value;
    settings.value = next === one.default || next === "" ? rest : { ...rest, [name]: next };
  };
  const kind = kindOf(one);
  const title = one.title ?? name.replaceAll("_", " ");
  if (kind === "boolean") {
    return html`<label class="field" title=${one.description}>
      <input type="checkbox" checked=${value} onChange=${(event) => set(event.target.checked)} /> ${title}
    </label>`;
  }
  const input = one.enum
    ? html`<select value=${value} onChange=${(event) => set(kind === "string" ? event.target.value : Number(event.target.value))}>
        ${one.enum.map((choice) => html`<option value=${choice}>${choice}</option>`)}
      </select>`
    : html`<input
        type=${kind === "string" ? "text" : "number"}
        value=${value}
        min=${one.minimum}
        max=${one.maximum}
        step=${kind === "integer" ? 1 : "any"}
        onChange=${(event) => set(kind === "string" || event.target.value === "" ? event.target.value : Number(event.target.value))}
      />`;
  return html`<label class="field" title=${one.description}><span>${title}</span>${input}</label>`;
}
