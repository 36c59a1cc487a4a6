import { withServer } from "@muster/servers/vitest";
import { callOf, rejection } from "@muster/testing";
import { assert, test } from "vitest";
import { Client } from "../../src/client.ts";
import { JetStream } from "../../src/jetstream/api.ts";
import { settingsOf } from "../../src/jetstream/options.ts";
import { Requests } from "../../src/jetstream/requests.ts";
import { ask, askMany } from "../../src/store/questions.ts";

await withServer("nats", { arguments: ["-js"] }, ({ url, control }) => {
  async function withJetStream(work: (jetStream: JetStream) => Promise<void>): Promise<void> {
    const client = new Client({ servers: url, followCluster: false });
    using call = callOf();
    let requests: Requests | undefined;
    await client.open(call, async (link) => {
      requests = new Requests(link);
      await link.roundTrip("open");
    });
    if (requests === undefined) throw new Error("it is not open");
    try {
      await work(new JetStream(requests, settingsOf()));
    } finally {
      await client.close(() => requests?.[Symbol.dispose]());
    }
  }

  test("thousands of questions have their answers in their order, and one that nobody hears has none", async () => {
    await withJetStream(async (jetStream) => {
      await ask(jetStream, "STREAM.CREATE.many", { name: "many", subjects: ["many.>"] }, "test");
      const questions = Array.from({ length: 3_500 }, (_, n) => ({ subject: `many.${n}`, body: "", expected: 0 }));
      const nobody = { subject: "nobody.listens", body: "" };
      const answers = await askMany(jetStream, [...questions, nobody], "test");
      assert.deepEqual(
        answers.map((answer) => answer?.seq),
        [...questions.map((_, n) => n + 1), undefined],
      );
      const [refused] = await askMany(jetStream, questions.slice(0, 1), "test");
      assert.equal(refused?.error?.err_code, 10_071);
      assert.deepEqual(await askMany(jetStream, [], "test"), []);
    });
  });

  test.skipIf(control === undefined)("who is not answered in time may have had its effect", async () => {
    await withJetStream(async (jetStream) => {
      await control?.freeze();
      try {
        const asking = askMany(jetStream, [{ subject: "many.late", body: "" }], "setMany", 300);
        const { mayHaveApplied, source } = await rejection(asking, "UNAVAILABLE");
        assert.deepEqual({ mayHaveApplied, source }, { mayHaveApplied: true, source: "nats.setMany" });
      } finally {
        await control?.thaw();
      }
    });
  });
});
