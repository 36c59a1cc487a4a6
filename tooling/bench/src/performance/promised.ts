/** How something that is promised is written down, and found again among results. */

import type { Goal, Row } from "../scenario.ts";

/** A scenario at one size: what is played and stored by itself. */
export interface Play {
  readonly scenario: string;
  readonly size: number;
  /** The composition it is played on, where the scenario takes any. */
  readonly on?: string;
}

export interface Promised extends Play {
  /** What is compared, for the page. */
  readonly what: string;
  /** As {@link qualifiedNames} gives it. */
  readonly row: string;
  readonly unit: Row["unit"];
  /** Absent: it is only shown. */
  readonly goal?: Goal;
}

export interface Section {
  readonly title: string;
  readonly about: string;
  readonly goals: readonly Promised[];
}

/** `nats-identity-10000`, `churn-redis-nats-10000`. */
export function nameOf({ scenario, size, on }: Play): string {
  return [scenario, ...(on === undefined ? [] : on.split("+")), size].join("-");
}

/** What `pnpm bench report` is given to play it. */
export function argumentsOf({ scenario, size, on }: Play): string {
  return `${scenario}${on === undefined ? "" : ` --on ${on}`} --size ${size}`;
}

/** A row that goes on with `…` is told from others by the name that it goes on from. */
export function qualifiedNames(rows: readonly Pick<Row, "name">[]): readonly string[] {
  let last = "";
  return rows.map(({ name }) => {
    if (name.startsWith("…")) return `${last} ${name}`;
    last = name;
    return name;
  });
}
