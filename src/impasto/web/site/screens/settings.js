/** The account, what may act for it, and for administrators the people. */
import { get, patch, post, put, remove } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { tell, trying } from "../lib/told.js";

const words = texts.settings;
export const LOOK = "impasto look";

export function Settings() {
  const [me, setMe] = useState(null);
  const [disk, setDisk] = useState(null);
  useEffect(() => {
    trying(async () => {
      setMe(await get("me"));
      setDisk(await get("me/disk"));
    });
  }, []);
  if (!me) return html`<p class="blank" aria-busy="true"></p>`;
  return html`
    <div class="panels">
      ${!me.local && html`<${Account} me=${me} setMe=${setMe} /><${Password} />`}
      <section><h2>${words.disk}</h2><p>${disk && words.used(disk)}</p></section>
      <${Appearance} />
      <${Listed} title=${words.tokens} path="me/tokens" field="name" label=${words.tokenName} end=${words.revoke} shows=${(one) => one.name} />
      <${Listed} title=${words.hooks} path="me/hooks" field="url" label=${words.url} end=${words.revoke} shows=${(one) => `${one.url}${one.error ? ` (${one.error})` : ""}`} />
      ${!me.local && html`<${Listed} title=${words.sessions} path="me/sessions" end=${words.end} shows=${(one) => `${one.agent.slice(0, 60)}${one.current ? ` (${words.here})` : ""}`} />`}
      ${me.admin && !me.local && html`<${People} />`}
    </div>
  `;
}

function Account({ me, setMe }) {
  const save = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const values = { name: form.get("name"), mail: form.has("mail") };
    trying(async () => {
      setMe(await patch("me", values));
      tell(words.saved);
    });
  };
  const leave = () =>
    trying(async () => {
      await remove("session");
      location.assign(new URL("login", document.baseURI));
    });
  return html`
    <section>
      <h2>${words.account}</h2>
      <p>${me.email}${me.admin && ` · ${words.administrator}`}</p>
      <form onSubmit=${save}>
        <label class="field"><span>${words.name}</span><input name="name" value=${me.name} maxlength="100" /></label>
        <label class="field"><input type="checkbox" name="mail" checked=${me.mail} /> ${words.mail}</label>
        <button class="button main">${words.save}</button>
        <button class="button" type="button" onClick=${leave}>${words.signOut}</button>
      </form>
    </section>
  `;
}

function Password() {
  const save = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    trying(async () => {
      await put("me/password", { old: form.get("old"), new: form.get("new") });
      event.target.reset();
      tell(words.saved);
    });
  };
  return html`
    <section>
      <h2>${words.password}</h2>
      <form onSubmit=${save}>
        <label class="field"><span>${words.old}</span><input type="password" name="old" autocomplete="current-password" required /></label>
        <label class="field"><span>${words.fresh}</span><input type="password" name="new" autocomplete="new-password" minlength="10" required /></label>
        <button class="button">${words.change}</button>
      </form>
    </section>
  `;
}

/** A list of tokens, webhooks or browsers, to which some can be added. */
function Listed({ title, path, field = "", label = "", end, shows }) {
  const [found, setFound] = useState([]);
  const [once, setOnce] = useState("");
  const load = async () => setFound(await get(path));
  useEffect(() => void trying(load), []);
  const add = (event) => {
    event.preventDefault();
    const value = new FormData(event.target).get(field);
    trying(async () => {
      const made = await post(path, { [field]: value });
      event.target.reset();
      setOnce(made.secret);
      await load();
    });
  };
  const drop = (id) =>
    trying(async () => {
      await remove(`${path}/${id}`);
      await load();
    });
  return html`
    <section>
      <h2>${title}</h2>
      <ul class="list">
        ${found.map((one) => html`<li><span>${shows(one)}</span><button class="button" onClick=${() => drop(one.id)}>${end}</button></li>`)}
      </ul>
      ${once && html`<p role="status">${words.once} <code>${once}</code></p>`}
      ${field &&
      html`<form class="line" onSubmit=${add}>
        <label class="field"><span>${label}</span><input name=${field} required maxlength="2000" /></label>
        <button class="button">${words.make}</button>
      </form>`}
    </section>
  `;
}

function People() {
  const [people, setPeople] = useState([]);
  const [link, setLink] = useState("");
  useEffect(() => void trying(async () => setPeople(await get("users"))), []);
  const invite = () => trying(async () => setLink((await post("users/invitations", {})).url));
  return html`
    <section>
      <h2>${words.people}</h2>
      <ul class="list">${people.map((one) => html`<li><span>${one.name} · ${one.email}${one.admin ? ` · ${words.administrator}` : ""}</span></li>`)}</ul>
      ${link && html`<p role="status">${words.once} <code>${link}</code></p>`}
      <button class="button" onClick=${invite}>${words.invite}</button>
    </section>
  `;
}

function Appearance() {
  const [look, setLook] = useState(localStorage.getItem(LOOK) ?? "auto");
  const choose = (next) => {
    setLook(next);
    localStorage.setItem(LOOK, next);
    document.documentElement.dataset.look = next;
  };
  return html`
    <section>
      <h2>${words.appearance}</h2>
      <div class="choices" role="radiogroup" aria-label=${words.appearance}>
        ${["auto", "light", "dark"].map(
          (one) => html`<label class="button"><input type="radio" name="look" checked=${look === one} onChange=${() => choose(one)} /> ${words[one]}</label>`,
        )}
      </div>
    </section>
  `;
}
