/** A button that opens the file chooser, or the camera of a phone. */
import { html } from "../lib/html.js";

/** @param {{ name: string, onFile: (file: File) => void, capture?: boolean, kind?: string }} given */
export const Pick = ({ name, onFile, capture = false, kind = "", children }) => html`
  <label class=${`button ${kind}`}>
    ${children}<span>${name}</span>
    <input
      class="unseen"
      type="file"
      accept="image/*,.heic,.heif"
      capture=${capture ? "environment" : undefined}
      onChange=${(event) => {
        const file = event.target.files[0];
        event.target.value = "";
        if (file) onFile(file);
      }}
    />
  </label>
`;
