import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { handle } from "./app.js";

let address;
const server = createServer(handle);

before(async () => {
  process.chdir(await mkdtemp(join(tmpdir(), "hello-")));
  await new Promise((done) => server.listen(0, done));
  address = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

test("greets, escapes and counts", async () => {
  const body = await (await fetch(`${address}/?name=${encodeURIComponent("<b>Ada")}`)).text();
  assert.match(body, /Hello, &#60;b&#62;Ada/);
  await Promise.all(Array.from({ length: 20 }, () => fetch(`${address}/?name=__proto__`)));
  const greetings = await (await fetch(`${address}/greetings`)).text();
  assert.deepEqual(JSON.parse(greetings), JSON.parse('{"<b>Ada": 1, "__proto__": 20}'));
});

test("knows what it does not have", async () => {
  assert.equal((await fetch(`${address}/nothing`)).status, 404);
});
