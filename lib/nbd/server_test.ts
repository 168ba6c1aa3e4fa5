import { assertEquals, assertThrows } from "@std/assert";
import { HostError } from "../storage/host_error.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import type { ByteStream } from "./byte_stream.ts";
import { noTimer } from "./client_testing.ts";
import { listenAt } from "./listen.ts";
import { MemoryDisk } from "./memory_disk_testing.ts";
import { connectedPair } from "./pipe_testing.ts";
import { type Listener, NbdServer } from "./server.ts";

/** A door in memory. */
class Door implements Listener {
  #waiting: ByteStream[] = [];
  #open: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  /** Come in; answers the client's end. */
  enter(): ByteStream {
    const [client, server] = connectedPair();
    this.#waiting.push(server);
    this.#open?.resolve();
    return client;
  }

  async accept(): Promise<ByteStream> {
    for (;;) {
      if (this.#isClosed) throw new Deno.errors.BadResource();
      const stream = this.#waiting.shift();
      if (stream) return stream;
      this.#open = Promise.withResolvers();
      await this.#open.promise;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#open?.resolve();
  }
}

const served = () => ({ name: "", description: "", disk: new MemoryDisk(512) });

async function greeting(client: ByteStream): Promise<number | null> {
  return await client.read(new Uint8Array(100));
}

Deno.test("clients beyond the limit wait until one leaves", async () => {
  const door = new Door();
  const server = new NbdServer({
    served: served(),
    listener: door,
    startTimer: noTimer,
    maxConnections: 2,
  });
  const [first, second, third] = [door.enter(), door.enter(), door.enter()];
  assertEquals([await greeting(first), await greeting(second)], [18, 18]);
  assertEquals(server.connectionCount, 2);
  let isIn = false;
  const later = greeting(third).then((count) => [isIn = true, count]);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(isIn, false);
  first.close();
  assertEquals(await later, [true, 18]);
  await server.stop();
  assertEquals(server.connectionCount, 0);
  assertEquals(await greeting(third), null);
});

Deno.test("errors of a client are reported, and the other clients are served", async () => {
  const door = new Door();
  const complaints: string[] = [];
  const server = new NbdServer({
    served: served(),
    listener: door,
    startTimer: noTimer,
    onClientError: (message) => complaints.push(message),
  });
  const bad = door.enter();
  await bad.write(new Uint8Array(4).fill(9));
  while (complaints.length === 0) await new Promise((resolve) => setTimeout(resolve));
  assertEquals(complaints, ["disconnected a client: unknown client flags 0x9090909"]);
  assertEquals(await greeting(door.enter()), 18);
  await server.stop();
});

Deno.test("a socket is there while it is listened at, and a port says which one it is", () =>
  inTempDir((dir) => {
    const path = `${dir}/nbd.sock`;
    const listener = listenAt({ kind: "socket", path });
    assertEquals(listener.uri, `nbd+unix:///?socket=${path}`);
    assertThrows(
      () => listenAt({ kind: "socket", path }),
      HostError,
      `Could not listen at '${path}': Address`,
    );
    assertEquals(Deno.statSync(path).isSocket, true);
    listener.close();
    assertThrows(() => Deno.statSync(path), Deno.errors.NotFound);
    const atPort = listenAt({ kind: "port", hostname: "localhost", port: 0 });
    assertEquals(/^nbd:\/\/localhost:[1-9]\d+$/.test(atPort.uri), true, atPort.uri);
    atPort.close();
  }));
