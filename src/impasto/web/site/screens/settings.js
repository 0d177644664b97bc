/** The account, what may act for it, and for administrators the people. */
import { get } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";
import { trying } from "../lib/told.js";
import { Account, Password } from "../parts/account.js";
import { Appearance } from "../parts/appearance.js";
import { Listed } from "../parts/listed.js";
import { Paintings } from "../parts/paintings.js";
import { People } from "../parts/people.js";

const words = texts.settings;

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
      <${Paintings} />
      <${Listed} title=${words.tokens} path="me/tokens" field="name" label=${words.tokenName} end=${words.revoke} shows=${(one) => one.name} />
      <${Listed} title=${words.hooks} path="me/hooks" field="url" label=${words.url} end=${words.revoke} shows=${(one) => `${one.url}${one.error ? ` (${one.error})` : ""}`} />
      ${!me.local && html`<${Listed} title=${words.sessions} path="me/sessions" end=${words.end} shows=${(one) => `${one.agent.slice(0, 60)}${one.current ? ` (${words.here})` : ""}`} />`}
      ${me.admin && !me.local && html`<${People} me=${me} />`}
    </div>
  `;
}
