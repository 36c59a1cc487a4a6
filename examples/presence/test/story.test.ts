import { memoryDurability, memoryFaults, memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import type { Step } from "@muster/servers/demo";
import { expect, it } from "vitest";
import type { Participant } from "../src/chat.ts";
import { ChatNode } from "../src/chat-node.ts";
import { type MortalChat, type Nodes, story } from "../src/story.ts";

/** Two nodes in this process; one that is killed stays silent. */
class LocalNodes implements Nodes, AsyncDisposable {
  readonly lisbon: MortalChat;
  readonly oslo: MortalChat;
  readonly #living: Set<ChatNode>;

  private constructor(lisbon: MortalChat, oslo: MortalChat, living: Set<ChatNode>) {
    this.lisbon = lisbon;
    this.oslo = oslo;
    this.#living = living;
  }

  static async open(keeps = false): Promise<LocalNodes> {
    const hub = memoryHub();
    const living = new Set<ChatNode>();
    const open = async (): Promise<MortalChat> => {
      const faults = memoryFaults();
      const registry = memoryRegistry({ hub, faults });
      const kept = keeps ? { durability: memoryDurability({ hub, faults }) } : {};
      const node = await ChatNode.open("chat", { registry, messaging: memoryMessaging({ hub, faults }), ...kept });
      living.add(node);
      const kill = async (): Promise<void> => {
        faults.stop();
        living.delete(node);
      };
      return Object.assign(node, { kill });
    };
    return new LocalNodes(await open(), await open(), living);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#living) await node[Symbol.asyncDispose]();
  }
}

it.each([
  { keeps: false, count: 10 },
  { keeps: true, count: 12 },
])("comes true on memory, as it does on servers: $keeps", { timeout: 40_000 }, async ({ keeps, count }) => {
  await using nodes = await LocalNodes.open(keeps);
  const steps: Step[] = [];
  for await (const step of story(nodes, { keeps })) steps.push(step);
  expect(steps.filter(({ disagreements }) => disagreements.length > 0)).toEqual([]);
  expect(steps).toHaveLength(count);
});

it("notices when somebody is not listed", async () => {
  await using nodes = await LocalNodes.open();
  const list = async (): Promise<readonly Participant[]> => [{ user: "alice", name: "Alice", status: "online" }];
  const first = await story({ lisbon: Object.assign(nodes.lisbon, { list }), oslo: nodes.oslo }).next();
  expect(first.value?.disagreements).toEqual([
    'room: ["Alice online"] instead of ["Alice online","Bob online","Dave online","Erin online"]',
  ]);
});
