/** Glances of looks, one at a time, since one process paints them all: first what is looked at, then the strip. */
const waiting = [];
let busy = false;
let held = false;

/**
 * Ask for a picture, and give its address once it is there; returns what takes that back.
 * @param {string} address
 * @param {(address: string) => void} give
 * @param {{ first?: boolean }} [options]
 */
export function glance(address, give, { first = false } = {}) {
  const one = { address, give, first };
  waiting[first ? "unshift" : "push"](one);
  next();
  return () => {
    one.give = null;
    if (waiting.includes(one)) waiting.splice(waiting.indexOf(one), 1);
  };
}

/** Let only what is looked at be painted, while a sketch needs the processor. */
export function hold(whether) {
  held = whether;
  next();
}

function next() {
  if (busy || !waiting.length || (held && !waiting[0].first)) return;
  const one = waiting.shift();
  const image = new Image();
  busy = true;
  const over = () => {
    busy = false;
    next();
  };
  image.onload = () => {
    one.give?.(one.address);
    over();
  };
  image.onerror = over;
  image.src = one.address;
}
