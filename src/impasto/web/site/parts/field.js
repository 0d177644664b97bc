/** One setting, by what the schema says of it: a switch, a choice, a number, words, or pictures. */
import { paintings, set, settings } from "../lib/draft.js";
import { html } from "../lib/html.js";
import { FileField } from "./filefield.js";

/** @param {{ name: string, one: any }} given */
export function Field({ name, one }) {
  const value = settings.value[name] ?? one.default;
  const change = (next) => set(name, JSON.stringify(next) === JSON.stringify(one.default) ? undefined : next);
  if (one.format === "file" && one.type === "array") {
    return html`<${OneOfEach} name=${name} one=${one} value=${value} change=${change} />`;
  }
  const Input = one.format === "file" ? FileField : inputOf(one);
  return html`<${Row} id=${`field-${name}`} title=${one.title} one=${one}>
    <${Input} id=${`field-${name}`} title=${one.title} one=${one} value=${value} change=${change} />
  </${Row}>`;
}

function Row({ id, title, one, children }) {
  return html`
    <div class="field">
      <label for=${id}>${title}</label>
      ${children}
      <small id=${`${id}-help`}>${one.description.replaceAll("--", "")}</small>
    </div>
  `;
}

/** Pictures of which each belongs to a painting. */
function OneOfEach({ name, one, value, change }) {
  return paintings.value.map(({ id, title }, number) => {
    const own = paintings.value.length > 1 ? `${one.title}, ${title}` : one.title;
    const changeOne = (next) => {
      const all = paintings.value.map((_, other) => (other === number ? next : (value[other] ?? "")));
      change(all.some(Boolean) ? all : []);
    };
    const input = { id: `field-${name}-${number}`, title: own, one, value: value[number] ?? "", change: changeOne };
    return html`<${Row} key=${id} id=${input.id} title=${own} one=${one}><${FileField} ...${input} /></${Row}>`;
  });
}

function inputOf(one) {
  if (one.enum) return Choice;
  const kinds = (one.anyOf ?? [one]).map((found) => found.type).filter((kind) => kind && kind !== "null");
  return { boolean: Switch, integer: Figure, number: Figure, array: List }[kinds[0]] ?? Words;
}

const Switch = ({ id, value, change }) => html`
  <input id=${id} aria-describedby=${`${id}-help`} type="checkbox" checked=${value} onChange=${(event) => change(event.target.checked)} />
`;

const Choice = ({ id, one, value, change }) => html`
  <select id=${id} aria-describedby=${`${id}-help`} onChange=${(event) => change(one.enum[event.target.selectedIndex])}>
    ${one.enum.map((choice) => html`<option value=${choice} selected=${choice === value}>${choice}</option>`)}
  </select>
`;

/** A number; what is being typed stays as it is, and counts as soon as it is one that may be. */
const Figure = ({ id, one, value, change }) => html`
  <input
    id=${id}
    aria-describedby=${`${id}-help`}
    type="number"
    defaultValue=${value ?? ""}
    min=${one.minimum}
    max=${one.maximum}
    step=${one.type === "integer" ? 1 : "any"}
    onInput=${({ target }) => target.checkValidity() && change(target.value === "" ? one.default : target.valueAsNumber)}
  />
`;

const Words = ({ id, value, change }) => html`
  <input id=${id} aria-describedby=${`${id}-help`} type="text" defaultValue=${value ?? ""} onInput=${(event) => change(event.target.value.trim())} />
`;

const List = ({ id, value, change }) => html`
  <input
    id=${id}
    aria-describedby=${`${id}-help`}
    type="text"
    defaultValue=${(value ?? []).join(", ")}
    onChange=${(event) => change(event.target.value.split(/[\s,]+/).filter(Boolean))}
  />
`;
