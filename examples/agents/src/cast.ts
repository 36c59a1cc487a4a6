/** The cast: nine agents in three processes, three jobs with an agent in each process. */

import type { Agent } from "./schema.ts";

const SKILLS = { "job-1": ["ocr"], "job-2": ["ocr", "translation"], "job-3": ["summary"] } as const;

export const JOBS = ["job-1", "job-2", "job-3"] as const;
const HOSTS = ["athens", "bergen", "cork"] as const;

export type Job = (typeof JOBS)[number];
export type HostName = (typeof HOSTS)[number];

export function isHostName(name: string | undefined): name is HostName {
  return HOSTS.some((host) => host === name);
}

/** By identity. */
export function agentsOf(host: HostName): Readonly<Record<string, Agent>> {
  return Object.fromEntries(JOBS.map((job) => [agentFor(job, host), { skills: [...SKILLS[job]], job }]));
}

/** Who works on it, in order. */
export function crewOf(job: Job): readonly string[] {
  return HOSTS.map((host) => agentFor(job, host));
}

function agentFor(job: Job, host: HostName): string {
  return `${host}-${job.replace("job-", "")}`;
}
