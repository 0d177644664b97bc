/** The account of who is signed in, and its password. */
import { patch, put, remove } from "../lib/api.js";
import { html } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { tell, trying } from "../lib/told.js";

const words = texts.settings;

/** @param {{ me: any, setMe: (me: any) => void }} given */
export function Account({ me, setMe }) {
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
        <label class="check"><input type="checkbox" name="mail" checked=${me.mail} /> ${words.mail}</label>
        <button class="button main">${words.save}</button>
        <button class="button" type="button" onClick=${leave}>${words.signOut}</button>
      </form>
    </section>
  `;
}

export function Password() {
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
