/** The door for tests of any slot. */

export { callOf, within } from "./calls.ts";
export { entry } from "./entries.ts";
export { eventually, SOON, until } from "./eventually.ts";
export { freshNamespace, numbered } from "./names.ts";
export { outcomeOf, rejection } from "./outcomes.ts";
export { collected } from "./pages.ts";
export { freePort } from "./ports.ts";
