// Names for the types of the studio's API, which `check_pages.py` makes from its OpenAPI document.
import type { components } from "./openapi";

type Schemas = components["schemas"];

declare global {
  namespace Api {
    type Job = Schemas["Job"];
    type Stage = Schemas["Shown"];
    type Picture = Schemas["Picture"];
    type Look = Schemas["Look"];
    type Plan = Schemas["Plan"];
  }
  /** What opens files with the studio, where a browser has it. */
  var launchQueue: { setConsumer(take: (given: { files: FileSystemFileHandle[] }) => void): void } | undefined;
}
