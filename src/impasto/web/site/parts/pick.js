/** A button that opens the file chooser, or the camera of a phone. */
import { html } from "../lib/html.js";

/**
 * @param {{ id?: string, name: string, onFile: (file: File) => void, capture?: boolean, kind?: string,
 *   film?: boolean, children?: any }} given
 */
export const Pick = ({ id, name, onFile, capture = false, kind = "", film = false, children }) => html`
  <label class=${`button ${kind}`}>
    ${children}<span>${name}</span>
    <input
      id=${id}
      class="unseen"
      type="file"
      accept=${film ? "video/*,image/gif,image/webp" : capture ? "image/*" : "image/*,.heic,.heif,video/*"}
      capture=${capture ? "environment" : undefined}
      onChange=${(event) => {
        const file = event.target.files[0];
        event.target.value = "";
        if (file) onFile(file);
      }}
    />
  </label>
`;
