/** All results, newest first, as many as there are. */
import { at, get, post, remove } from "../lib/api.js";
import { html, useCallback, useEffect, useMemo, useRef, useState } from "../lib/html.js";
import { inWords } from "../lib/inwords.js";
import { isOver, job, learn, news, previewOf } from "../lib/jobs.js";
import { texts } from "../lib/texts.js";
import { tell, trying } from "../lib/told.js";
import { Icon } from "../parts/icon.js";

const words = texts.gallery;
const PAGE = 60;

/** Milliseconds after the last key of a search before it begins. */
const CALM = 250;

export function Gallery() {
  const [search, setSearch] = useState("");
  const [favourite, setFavourite] = useState(false);
  const [ids, setIds] = useState(null);
  const [chosen, setChosen] = useState(null);
  const next = useRef("");
  const load = async (cursor) => {
    const query = new URLSearchParams({ limit: `${PAGE}`, search, draft: "false", cursor });
    if (favourite) query.set("favourite", "true");
    const page = await get(`jobs?${query}`);
    page.items.forEach(learn);
    return { next: page.next, found: page.items.map((one) => one.id) };
  };
  const begin = async () => {
    const page = await load("");
    next.current = page.next;
    setIds(page.found);
  };
  const more = async () => {
    const page = await load(next.current);
    next.current = page.next;
    setIds((before) => [...before, ...page.found]);
  };
  const renew = async () => {
    const { found } = await load("");
    setIds((before) => [...found, ...before.filter((id) => !found.includes(id))]);
  };
  useEffect(() => {
    const wait = setTimeout(() => trying(begin), search ? CALM : 0);
    return () => clearTimeout(wait);
  }, [search, favourite]);
  useEffect(() => {
    if (ids) trying(renew);
  }, [news.value]);

  const discard = () =>
    trying(async () => {
      const gone = [...chosen];
      await Promise.all(gone.map((id) => remove(`jobs/${id}`)));
      setIds((before) => before.filter((id) => !gone.includes(id)));
      setChosen(null);
      const act = () =>
        trying(async () => {
          await Promise.all(gone.map((id) => post(`jobs/${id}/restore`)));
          await renew();
          tell(texts.picture.restored);
        });
      tell(texts.picture.removed, { action: texts.picture.undo, act, seconds: 10 });
    });
  const toggle = useCallback(
    (id) => setChosen((before) => (before.includes(id) ? before.filter((one) => one !== id) : [...before, id])),
    [],
  );
  const zip = chosen?.length ? at(`jobs.zip?${chosen.map((id) => `job=${id}`).join("&")}`) : "";

  return html`
    <section class="gallery">
      <div class="tools">
        <input type="search" aria-label=${words.search} placeholder=${words.search} value=${search} onInput=${(event) => setSearch(event.target.value)} />
        <button class="button" aria-pressed=${favourite} onClick=${() => setFavourite(!favourite)}>
          <${Icon} name="heart" filled=${favourite} /><span>${words.favourites}</span>
        </button>
        <button class="button" aria-pressed=${chosen !== null} onClick=${() => setChosen(chosen ? null : [])}>
          <${Icon} name="check" /><span>${chosen ? words.done : words.select}</span>
        </button>
      </div>
      ${ids && ids.length === 0 && html`<p class="blank">${search || favourite ? words.none : words.empty}</p>`}
      <ul class="grid">
        ${pagesOf(ids ?? []).map((page) => html`<${Page} key=${page[0]} ids=${page.join(" ")} chosen=${chosen} toggle=${toggle} />`)}
      </ul>
      ${ids && html`<${Sentinel} seen=${() => next.current && trying(more)} count=${ids.length} />`}
      ${chosen?.length > 0 &&
      html`<div class="selection">
        <p>${words.selected(chosen.length)}</p>
        <a class="button" href=${zip} download data-leave><${Icon} name="download" /><span>${words.zip(chosen.length)}</span></a>
        <button class="button" onClick=${discard}><${Icon} name="trash" /><span>${words.remove(chosen.length)}</span></button>
      </div>`}
    </section>
  `;
}

/** Ids in parts of which only those that change are drawn again. */
const pagesOf = (ids) => Array.from({ length: Math.ceil(ids.length / PAGE) }, (_, number) => ids.slice(number * PAGE, (number + 1) * PAGE));

function Page({ ids, chosen, toggle }) {
  const cards = () =>
    ids.split(" ").map((id) => html`<${Card} key=${id} id=${id} chosen=${chosen?.includes(id) ?? null} toggle=${toggle} />`);
  return useMemo(cards, [ids, chosen]);
}

/** A job's small picture; it is drawn again only when something of it changes. */
function Card({ id, chosen, toggle }) {
  const found = job(id).value;
  if (!found || found.deleted) return null;
  const name = found.name || found.kind;
  const src = found.preview ? previewOf(found) : found.content ? at(`pictures/${found.content}/thumbnail`) : "";
  const inside = html`
    <img src=${src} alt="" loading="lazy" decoding="async" />
    ${!isOver(found) || found.state !== "done" ? html`<span class="badge" data-state=${found.state}>${texts.states[found.state]}</span>` : ""}
    ${found.favourite && html`<span class="heart"><${Icon} name="heart" filled /></span>`}
  `;
  if (chosen !== null) {
    return html`<li>
      <label class="card" data-chosen=${chosen}>
        <input class="unseen" type="checkbox" checked=${chosen} aria-label=${name} onChange=${() => toggle(id)} />${inside}
      </label>
    </li>`;
  }
  return html`<li><a class="card" href=${`./pictures/${id}`} title=${inWords(found)} aria-label=${`${name}, ${texts.states[found.state]}`}>${inside}</a></li>`;
}

/** What calls for the next page when it comes into view. */
function Sentinel({ seen, count }) {
  const here = useRef(null);
  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => entry.isIntersecting && seen(), { rootMargin: "800px" });
    watch.observe(here.current);
    return () => watch.disconnect();
  }, [count]);
  return html`<div ref=${here} class="sentinel"></div>`;
}
