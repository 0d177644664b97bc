/** What a picture will take, and on which paper it can be printed. */
import { post } from "../lib/api.js";
import { wanted } from "../lib/draft.js";
import { html, useEffect, useState } from "../lib/html.js";
import { texts } from "../lib/texts.js";

const CALM = 600;

export function Plan() {
  const [plan, setPlan] = useState(null);
  const [refused, setRefused] = useState("");
  const now = wanted.value;
  useEffect(() => {
    if (!now) return undefined;
    const stop = new AbortController();
    const ask = async () => {
      try {
        setPlan(await post("plan", JSON.parse(now), { signal: stop.signal }));
        setRefused("");
      } catch (error) {
        if (error.name !== "AbortError") setRefused(error.message);
      }
    };
    const wait = setTimeout(ask, CALM);
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [now]);
  if (refused) return html`<p class="plan wrong" role="status">${refused}</p>`;
  if (!plan) return html`<p class="plan" role="status"></p>`;
  const paper = plan.papers.at(-1);
  return html`
    <p class="plan" role="status">
      ${plan.width} × ${plan.height} px, ${texts.start.plan(plan)}${paper && `, ${texts.start.paper(paper)}`}
    </p>
  `;
}
