import type { RegistryBackend } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { respelt } from "../support.ts";
import { registryMutant, sharedMutant, translated } from "./support.ts";

/** The name that was opened before and that `namespace` begins with, or itself. */
function shortest(opened: Set<string>, namespace: string): string {
  const known = [...opened].find((one) => namespace.startsWith(one)) ?? namespace;
  opened.add(known);
  return known;
}

export const namespaceMutants: readonly Mutant[] = [
  sharedMutant(
    {
      id: "namespaces-leak",
      breaks: "A namespace whose name begins with another's is that other one.",
      kills: [
        "registry/namespaces/reads-see-their-own",
        "registry/namespaces/writes-reach-their-own",
        "registry/namespaces/sessions-live-in-their-own",
        "registry/namespaces/reap-their-own",
        "registry/namespaces/quotas-are-their-own",
        "registry/namespaces/no-separator-collides",
        "registry/namespaces/case-matters",
      ],
    },
    () => {
      const opened = new Set<string>();
      return (real) => ({
        open: async (scope, call) => real.open({ ...scope, namespace: shortest(opened, scope.namespace) }, call),
      });
    },
  ),
  sharedMutant(
    {
      id: "keys-collide",
      breaks: "The key of a record is namespace, separator and identity, one after the other.",
      kills: ["registry/namespaces/no-separator-collides"],
    },
    () => {
      const opened = new Set<string>();
      return (real) => colliding(real, opened);
    },
  ),
  ...respelt.map(({ id, breaks, spell }) =>
    registryMutant({ id: `namespaces-${id}`, breaks, kills: ["registry/namespaces/pairwise-apart"] }, (real) => ({
      open: async (scope, call) => real.open({ ...scope, namespace: spell(scope.namespace) }, call),
    })),
  ),
  sharedMutant(
    {
      id: "namespaces-are-case-folded",
      breaks: "Namespaces are stored in lower case.",
      kills: ["registry/namespaces/case-matters"],
    },
    () => (real) => ({
      open: async (scope, call) => real.open({ ...scope, namespace: scope.namespace.toLowerCase() }, call),
    }),
  ),
];

/** `n` + `-x` with identity `y` is stored where `n` has `x-y`. */
function colliding(real: RegistryBackend, opened: Set<string>): Partial<RegistryBackend> {
  let prefix = "";
  const said = translated(real, {
    identity: (identity) => prefix + identity,
    back: (route) => ({ ...route, identity: route.identity.slice(prefix.length) }),
  });
  return {
    ...said,
    async open(scope, call) {
      const root = shortest(opened, scope.namespace);
      const rest = scope.namespace.slice(root.length);
      prefix = rest === "" ? "" : rest.slice(1) + rest.slice(0, 1);
      await real.open({ ...scope, namespace: root }, call);
    },
  };
}
