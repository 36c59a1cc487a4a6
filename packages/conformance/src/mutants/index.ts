export { type Mutant, withMessaging, withRegistry } from "../mutant.ts";
