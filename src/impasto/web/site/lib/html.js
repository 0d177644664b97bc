/** The template tag of all parts, and what they use of Preact. */
import htm from "../vendor/htm.js";
import { h } from "../vendor/preact.js";

export const html = htm.bind(h);
export { render } from "../vendor/preact.js";
export { useCallback, useEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
export { computed, effect, signal, useSignal } from "../vendor/signals.js";
