import { beforeAll, describe, expect, test } from "vitest";
import { recipes } from "../src/recipes.ts";
import { redisCommand } from "../src/redis.ts";
import type { Server, ServerControl } from "../src/server.ts";
import { withServer } from "../src/vitest.ts";

/** Whether it answers its protocol now. */
const answers = (server: Server, password?: string): Promise<boolean> =>
  recipes[server.kind].askVersion(server, password, 300).then(
    () => true,
    () => false,
  );

/** For the first answer on a busy machine. */
const SOON = { timeout: 5_000 };

function controlOf({ control }: Server): ServerControl {
  if (control === undefined) throw new Error("a server of somebody else");
  return control;
}

/** A node of Erlang's or Java's takes some seconds to start, and a tool for it one or two. */
const UNHURRIED = { timeout: 120_000 };

function obeys(server: Server): void {
  const { kind } = server;
  describe.skipIf(server.origin === "url")(`${kind} of one's own`, UNHURRIED, () => {
    let control: ServerControl;
    beforeAll(() => {
      control = controlOf(server);
    });

    test("answers with its version, at its URL", async () => {
      expect(server.version).toMatch(kind === "kafka" ? /^metadata\.version \d+$/ : /^\d+\.\d+/);
      const { scheme, user } = recipes[kind];
      const login = user === undefined ? "" : `${user}@`;
      expect(server.url).toBe(`${scheme}//${login}${server.host}:${server.port}`);
      expect(await answers(server)).toBe(true);
    });

    test("stopped it is gone, started it is back at the same port", async () => {
      await control.stop();
      expect(await answers(server)).toBe(false);
      await control.start();
      expect(await answers(server)).toBe(true);
    });

    test("killed it is gone, started it is back", async () => {
      await control.kill();
      expect(await answers(server)).toBe(false);
      await control.start();
      expect(await answers(server)).toBe(true);
    });

    test("frozen it takes no question, thawed it answers", async () => {
      await control.freeze();
      expect(await answers(server)).toBe(false);
      await control.thaw();
      expect(await answers(server)).toBe(true);
    });

    test("stop, kill, restart and start reach a frozen server", async () => {
      for (const end of [control.stop, control.kill, control.restart]) {
        await control.freeze();
        await end();
        await control.start();
        expect(await answers(server)).toBe(true);
      }
      await control.freeze();
      await control.start();
      expect(await answers(server)).toBe(true);
    });

    test("each call twice is once, and calls take effect in their order", async () => {
      const both = (step: () => Promise<void>): Promise<void>[] => [step(), step()];
      await Promise.all([
        ...both(control.freeze),
        ...both(control.thaw),
        ...both(control.stop),
        ...both(control.start),
      ]);
      expect(await answers(server)).toBe(true);
    });
  });
}

await withServer("redis", {}, obeys);
await withServer("nats", {}, obeys);
await withServer("postgres", {}, obeys);
await withServer("rabbitmq", {}, obeys);
await withServer("kafka", {}, obeys);

await withServer("redis", { password: "open sesame" }, (redis) => {
  describe.skipIf(redis.origin === "url")("Redis with a password", () => {
    test("answers nobody without it", async () => {
      await expect(redisCommand(redis, ["PING"], undefined)).rejects.toThrow("NOAUTH");
      expect(await redisCommand(redis, ["PING"], "open sesame")).toBe("PONG");
    });

    test("keeps its data through kill and restart", async () => {
      await redisCommand(redis, ["SET", "key", "kept"], "open sesame");
      await controlOf(redis).restart();
      expect(await redisCommand(redis, ["GET", "key"], "open sesame")).toBe("kept");
    });
  });
});

await withServer("postgres", { password: "open sesame" }, (postgres) => {
  describe.skipIf(postgres.origin === "url")("PostgreSQL with a password", () => {
    test("answers nobody without it", async () => {
      await expect.poll(async () => answers(postgres, "open sesame"), SOON).toBe(true);
      expect(await answers(postgres, "open barley")).toBe(false);
    });
  });
});

await withServer("redis", { persistent: false, arguments: ["--maxmemory", "20mb"] }, (redis) => {
  describe.skipIf(redis.origin === "url")("Redis that keeps nothing", () => {
    test("is empty after a restart, and has the arguments that it was given", async () => {
      await redisCommand(redis, ["SET", "key", "lost"], undefined);
      await controlOf(redis).restart();
      expect(await redisCommand(redis, ["DBSIZE"], undefined)).toBe("0");
      expect(await redisCommand(redis, ["INFO", "memory"], undefined)).toContain("maxmemory:20971520");
    });
  });
});

await withServer(
  "rabbitmq",
  { password: "open sesame", arguments: ["vm_memory_high_watermark.absolute = 300MiB"] },
  (rabbitmq) => {
    describe.skipIf(rabbitmq.origin === "url")("RabbitMQ with a password", UNHURRIED, () => {
      test("answers nobody without it", async () => {
        await expect.poll(async () => answers(rabbitmq, "open sesame"), SOON).toBe(true);
        expect(await answers(rabbitmq, "open barley")).toBe(false);
      });

      test("is administered with its own tools, which see the configuration that it was given", async () => {
        const { administer } = controlOf(rabbitmq);
        const limit = await administer([
          "rabbitmqctl",
          "-q",
          "eval",
          "vm_memory_monitor:get_vm_memory_high_watermark().",
        ]);
        expect(limit).toContain("300MiB");
        await expect(administer(["rabbitmqctl", "no_such_command"])).rejects.toThrow("no_such_command");
      });

      test("keeps its data through kill and restart", async () => {
        const control = controlOf(rabbitmq);
        await control.administer(["rabbitmqctl", "-q", "add_vhost", "kept"]);
        await control.restart();
        expect(await control.administer(["rabbitmqctl", "-q", "list_vhosts"])).toContain("kept");
      });
    });
  },
);

await withServer("rabbitmq", { persistent: false }, (rabbitmq) => {
  describe.skipIf(rabbitmq.origin === "url")("RabbitMQ that keeps nothing", UNHURRIED, () => {
    test("is empty after a restart", async () => {
      const control = controlOf(rabbitmq);
      await control.administer(["rabbitmqctl", "-q", "add_vhost", "lost"]);
      await control.restart();
      expect(await control.administer(["rabbitmqctl", "-q", "list_vhosts"])).not.toContain("lost");
    });
  });
});

await withServer("kafka", { password: "open sesame" }, (kafka) => {
  describe.skipIf(kafka.origin === "url")("Kafka with a password", UNHURRIED, () => {
    test("answers nobody without it", async () => {
      await expect.poll(async () => answers(kafka, "open sesame"), SOON).toBe(true);
      expect(await answers(kafka, "open barley")).toBe(false);
      expect(await answers(kafka)).toBe(false);
    });
  });
});
